@file:JvmName("Requests")

package com.ravihq.aod

// Shorthands for the parts of requests.

/**
 * Creates a skill whose content is part of the agent.
 *
 * @param name lower-case letters, digits and `-`, at most 64 characters, unique within the agent
 * @param description when to use the skill, at most 1024 characters
 * @param content the text of the skill, at most 64 KiB of UTF-8
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
 * @param headers headers to send to it, kept as [Secret] values; none by default
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
 * @param args its arguments; none by default
 * @param env its environment variables, kept as [Secret] values; none by default
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
 * @param hosts the allowed host names; if there are none, all network access is blocked
 * @return networking of the type [NetworkingType.Limited]
 */
public fun Networking.Companion.limited(vararg hosts: String): Networking =
    Networking(NetworkingType.Limited, hosts.toList())
