@file:JvmName("Requests")

package com.ravihq.aod

import kotlinx.serialization.json.JsonObject

// Shorthands for requests and their parts.

/**
 * Creates a request that updates this agent, with its version. It sends nothing: pass it to [Agents.update], or return
 * it from the function of [Agents.updateWith]. Arguments that are left out keep the stored values.
 *
 * @param name the new display name
 * @param model the new model
 * @param runtime the new runtime; for servers before 2026-06-25
 * @param provider the new provider; for servers since 2026-06-25
 * @param description replaces or clears the description
 * @param system replaces or clears the system text
 * @param environmentId the environment of sessions that do not specify one; [IdPatch.Clear] detaches it on servers
 * since 2026-04-30, and is ignored by earlier ones
 * @param skills replaces all skills; an empty list removes them
 * @param mcpServers replaces all MCP servers; an empty list removes them
 * @param metadata entries to merge by top-level key; an empty string as the value removes an entry
 * @return the request
 */
public fun Agent.update(
    name: String? = null,
    model: String? = null,
    runtime: Runtime? = null,
    provider: Provider? = null,
    description: TextPatch = TextPatch.Keep,
    system: TextPatch = TextPatch.Keep,
    environmentId: IdPatch = IdPatch.Keep,
    skills: List<Skill>? = null,
    mcpServers: List<McpServer>? = null,
    metadata: JsonObject = JsonObject(emptyMap()),
): UpdateAgent = UpdateAgent(
    version,
    name,
    model,
    runtime,
    provider,
    description,
    system,
    environmentId,
    skills,
    mcpServers,
    metadata,
)

/**
 * Creates a request that updates this environment, with its version. It sends nothing: pass it to
 * [Environments.update], or return it from the function of [Environments.updateWith]. Arguments that are left out keep
 * the stored values.
 *
 * @param name the new name
 * @param packages replaces all packages; an empty map removes them
 * @param envVars replaces all environment variables; an empty map removes them
 * @param setupScript replaces or clears the setup script
 * @param networking replaces the network access
 * @return the request
 */
public fun Environment.update(
    name: String? = null,
    packages: Map<PackageManager, List<String>>? = null,
    envVars: Map<String, String>? = null,
    setupScript: TextPatch = TextPatch.Keep,
    networking: Networking? = null,
): UpdateEnvironment =
    UpdateEnvironment(version, name, packages, envVars?.let(::secretsOf), setupScript, networking)

/**
 * Creates a skill whose content is part of the agent.
 *
 * @param name the name, unique within the agent: 1 to 64 lowercase letters, digits and hyphens, which must not start
 * with a hyphen
 * @param description when to use the skill, at most 1024 characters
 * @param content the text of the skill, at most 64 KiB of UTF-8, without the text `SKILL_EOF`
 * @return the skill
 */
public fun Skill.Companion.inline(name: String, description: String, content: String): Skill =
    Skill.Inline(InlineSkill(name, description, content))

/**
 * Creates a skill that is loaded from a GitHub repository; for servers since 2026-04-30.
 *
 * @param source the repository as `owner/repo`
 * @param description when to use the skill
 * @param name the name of one skill in the repository; by default all skills of the repository
 * @return the skill
 */
@JvmOverloads
public fun Skill.Companion.github(source: String, description: String, name: String? = null): Skill =
    Skill.Github(GithubSkill(source, description, name))

/**
 * Creates an MCP server that is reached at a URL.
 *
 * @param name the name of the server, unique within the agent
 * @param url the URL of the server
 * @param headers headers to send with every request to the server, kept as [Secret] values; none by default
 * @return the server
 */
@JvmOverloads
public fun McpServer.Companion.url(name: String, url: String, headers: Map<String, String> = emptyMap()): McpServer =
    McpServer.Url(UrlMcpServer(name, url, secretsOf(headers)))

/**
 * Creates an MCP server that runs as a program in the sandbox.
 *
 * @param name the name of the server, unique within the agent
 * @param command the program
 * @param args the arguments of the program; none by default
 * @param env the environment variables of the program, kept as [Secret] values; none by default
 * @return the server
 */
@JvmOverloads
public fun McpServer.Companion.stdio(
    name: String,
    command: String,
    args: List<String> = emptyList(),
    env: Map<String, String> = emptyMap(),
): McpServer = McpServer.Stdio(StdioMcpServer(name, command, args, secretsOf(env)))

/**
 * Creates networking without restrictions.
 *
 * @return networking of the type [NetworkingType.Unrestricted]
 */
public fun Networking.Companion.unrestricted(): Networking = Networking(NetworkingType.Unrestricted)

/**
 * Creates networking that is restricted to some hosts.
 *
 * On servers before 2026-06-25 the restriction also applies while packages are installed and repositories are cloned:
 * include the hosts that they are downloaded from.
 *
 * @param hosts the allowed host names; without any, all network access is blocked
 * @return networking of the type [NetworkingType.Limited]
 */
public fun Networking.Companion.limited(vararg hosts: String): Networking =
    Networking(NetworkingType.Limited, hosts.toList())
