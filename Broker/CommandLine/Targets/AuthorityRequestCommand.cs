using System.CommandLine;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Engines.Postgres;
using SecretsBroker.Engines.X509;
using SecretsBroker.Hosting;

namespace SecretsBroker.CommandLine.Targets;

/// <summary><c>broker target ca-request</c>.</summary>
internal static class AuthorityRequestCommand
{
    public static Command Create()
    {
        var config = ConfigurationFile.Option();
        var target = new Argument<string>("target")
        {
            Description = "The target's name in the catalogue; its certificate authority must be an intermediate.",
        };
        var command = new Command(
            "ca-request",
            """
            Print a signing request (PKCS#10, PEM) for a target's intermediate certificate authority, so that another authority signs it. Its key
            is made when it does not exist, and never leaves its file. To be run as the broker's user. What comes back goes to the target's
            certificate_file, followed by the certificates above it.

            Example: broker target ca-request agents-ca --config /etc/broker/broker.yaml > agents-ca.csr
            """)
        {
            target,
            config,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(target), parsed.GetRequiredValue(config), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string name, FileInfo file, CancellationToken cancellationToken)
    {
        try
        {
            var (configuration, _) = ConfigurationFile.ReadLeniently(file);
            var options = configuration.GetSection(CatalogOptions.Section).Get<CatalogOptions>() ?? new CatalogOptions();
            var catalog = await BrokerCheck.LoadCatalogAsync(options.Folder, cancellationToken);
            if (catalog.Snapshot is not { } snapshot)
            {
                Output.Faults($"{options.Folder}:", [.. catalog.Faults.Select(fault => $"{fault}")]);
                return BrokerCommand.Faulty;
            }

            if (FindAuthority(snapshot, name) is not { Kind: AuthorityKind.Intermediate } authority)
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
        catch (ConfigurationException e)
        {
            Output.Faults($"{file}:", e.Faults);
            return BrokerCommand.Faulty;
        }
        catch (EngineException e)
        {
            Output.Faults("There is no request", [e.Message]);
            return BrokerCommand.Failed;
        }
    }

    private static AuthoritySettings? FindAuthority(CatalogSnapshot snapshot, string name) =>
        snapshot.Targets.FirstOrDefault(target => target.Name == name) switch
        {
            { Engine: X509EngineType.TypeName } target => X509Settings.Read(target, new CatalogFaults()).Authority,
            { Engine: "postgres" } target => PostgresTargetSettings.Read(target, new CatalogFaults()).ClientAuthority,
            _ => null,
        };
}
