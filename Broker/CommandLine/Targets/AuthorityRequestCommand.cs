using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target ca-request</c>.</summary>
internal static class AuthorityRequestCommand
{
    public static Command Create() => ConfiguredTarget.Create(
        "ca-request",
        """
        Print a signing request (PKCS#10, PEM) for a target's intermediate certificate authority, so that another authority signs it. Its key
        is made when it does not exist, and never leaves its file. To be run as the broker's user. What comes back goes to the target's
        certificate_file, followed by the certificates above it.

        Example: broker target ca-request agents-ca --config /etc/broker/broker.yaml > agents-ca.csr
        """,
        condition: "its certificate authority must be an intermediate",
        failure: "There is no request",
        (name, target, _) => Task.FromResult(Print(name, target)));

    private static int Print(string name, Target? target)
    {
        if (FindAuthority(target) is not { Kind: AuthorityKind.Intermediate } authority)
        {
            Output.Faults($"{name} is not a target of the catalogue with the setting authority: intermediate", []);
            return BrokerCommand.Faulty;
        }

        KeyFile.EnsureExists(authority.KeyFile);
        using var key = AuthorityKey.Read(authority.KeyFile);
        foreach (var line in AuthorityCertificate.MakeRequest(key, authority).TrimEnd('\n').Split('\n'))
        {
            Output.Line(line);
        }

        return BrokerCommand.Success;
    }

    private static AuthoritySettings? FindAuthority(Target? target) => target switch
    {
        { Engine: X509EngineType.TypeName } => X509Settings.Read(target, new CatalogFaults()).Authority,
        { Engine: "postgres" } => PostgresTargetSettings.Read(target, new CatalogFaults()).ClientAuthority,
        _ => null,
    };
}
