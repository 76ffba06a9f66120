using System.CommandLine;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary><c>broker audit</c>: for auditors.</summary>
internal static class AuditCommand
{
    public static Command Create() => new("audit", "Work with audit logs.")
    {
        AuditQueryCommand.Create(),
        AuditVerifyCommand.Create(),
    };
}
