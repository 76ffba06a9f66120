namespace SecretsBroker.Api;

/// <summary>Who may make a call at all. What they may do with it is decided by policy.</summary>
internal enum CallRule
{
    /// <summary>Anybody who reaches the port; for what tells nothing about anybody.</summary>
    Anonymous = 1,

    /// <summary>A workload that proved who it is.</summary>
    Authenticated = 2,

    /// <summary>The same; the handler asks policy whether it may, before anything else.</summary>
    Operator = 3,
}
