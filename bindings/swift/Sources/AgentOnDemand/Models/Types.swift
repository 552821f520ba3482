// The records and enums of the API, which are the library's own, and the values in them. Everything else of the library
// stays the package's own business.
@_exported import AodValues

@_exported import struct AodNative.Agent
@_exported import struct AodNative.AgentEnvironment
@_exported import struct AodNative.AgentEnvironmentVersion
@_exported import struct AodNative.AgentVersion
@_exported import enum AodNative.ConflictReason
@_exported import enum AodNative.ErrorDetail
@_exported import struct AodNative.ErrorEvent
@_exported import enum AodNative.ErrorKind
@_exported import struct AodNative.ExitEvent
@_exported import struct AodNative.FieldError
@_exported import struct AodNative.GithubRepository
@_exported import struct AodNative.GithubSkill
@_exported import struct AodNative.Health
@_exported import enum AodNative.IdPatch
@_exported import struct AodNative.InlineSkill
@_exported import enum AodNative.LocationPart
@_exported import enum AodNative.McpServer
@_exported import struct AodNative.Networking
@_exported import enum AodNative.NetworkingType
@_exported import enum AodNative.OutputChannel
@_exported import struct AodNative.OutputEvent
@_exported import enum AodNative.PackageManager
@_exported import enum AodNative.Provider
@_exported import struct AodNative.Quota
@_exported import enum AodNative.ResourceType
@_exported import struct AodNative.RunResult
@_exported import enum AodNative.Runtime
@_exported import struct AodNative.Session
@_exported import struct AodNative.SessionAck
@_exported import struct AodNative.SessionResource
@_exported import enum AodNative.SessionStatus
@_exported import struct AodNative.SessionTurn
@_exported import enum AodNative.Skill
@_exported import struct AodNative.StageEvent
@_exported import enum AodNative.StageState
@_exported import struct AodNative.StaleEvent
@_exported import struct AodNative.StartEvent
@_exported import struct AodNative.StdioMcpServer
@_exported import struct AodNative.TerminatedEvent
@_exported import enum AodNative.TextPatch
@_exported import struct AodNative.TurnStartEvent
@_exported import enum AodNative.TurnStatus
@_exported import struct AodNative.UrlMcpServer
