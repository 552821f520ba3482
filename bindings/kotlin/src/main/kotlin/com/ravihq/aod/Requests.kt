@file:JvmName("Requests")

package com.ravihq.aod

// Shorter ways to the values that requests are made of.

/** A skill written out in the agent. */
public fun Skill.Companion.inline(name: String, description: String, content: String): Skill =
    Skill.Inline(InlineSkill(name, description, content))

/** The skills of a GitHub repository, given as `owner/repo`, or the one of that [name] (S1 and later). */
@JvmOverloads
public fun Skill.Companion.github(source: String, description: String, name: String? = null): Skill =
    Skill.Github(GithubSkill(source, description, name))

/** An MCP server reached at a URL; its [headers] are secret. */
@JvmOverloads
public fun McpServer.Companion.url(name: String, url: String, headers: Map<String, String> = emptyMap()): McpServer =
    McpServer.Url(UrlMcpServer(name, url, secretsOf(headers)))

/** An MCP server that is a program in the sandbox; its environment variables are secret. */
@JvmOverloads
public fun McpServer.Companion.stdio(
    name: String,
    command: String,
    args: List<String> = emptyList(),
    env: Map<String, String> = emptyMap(),
): McpServer = McpServer.Stdio(StdioMcpServer(name, command, args, secretsOf(env)))

/** No limit. */
public fun Networking.Companion.unrestricted(): Networking = Networking(NetworkingType.Unrestricted)

/**
 * Only these hosts; none at all blocks everything. On S0 and S1 servers the limit holds while packages are installed
 * and repositories are cloned, so their hosts belong here too.
 */
public fun Networking.Companion.limited(vararg hosts: String): Networking =
    Networking(NetworkingType.Limited, hosts.toList())
