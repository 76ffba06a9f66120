using SecretsBroker.Catalog;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.External;

/// <summary>Engines in processes of their own, in any language: gRPC on a Unix socket, <c>secretsbroker.engine.v1</c>.</summary>
internal sealed class ExternalEngineType(EngineProcesses processes, BrokerMetrics metrics, TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "external";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["socket"];

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => ExternalTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => ExternalGrantSettings.Read(grant, faults);

    /// <summary>One process listens at a socket: it would get the secrets of every target there, whichever of them it was started for.</summary>
    public void ValidateTogether(IReadOnlyList<Target> targets, CatalogFaults faults)
    {
        var valid = targets.Select(target => (Target: target, Settings: TryRead(target))).Where(one => one.Settings is not null);
        foreach (var together in valid.GroupBy(one => one.Settings!.Socket, StringComparer.Ordinal))
        {
            var first = together.First();
            foreach (var other in together.Where(one => !one.Settings!.IsOfSameProcess(first.Settings!)))
            {
                faults.Add(
                    $"targets/{other.Target.Name}/settings/socket",
                    $"must be another, or command, environment and owner those of target {first.Target.Name}, which has it too");
            }
        }
    }

    public void Follow(IReadOnlyList<Target> targets)
    {
        var commanded = targets.Select(target => (target.Name, Settings: TryRead(target))).Where(one => one.Settings?.Command is not null);
        processes.Follow(commanded.GroupBy(one => one.Settings!.Socket, StringComparer.Ordinal).ToDictionary(
            together => together.Key,
            together => new WantedEngine(together.Last().Settings!.Command!, [.. together.Select(one => one.Name)])));
    }

    public ICredentialEngine Create(Target target)
    {
        var settings = TryRead(target)
            ?? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target));
        return new ExternalEngine(target, settings, metrics, time);
    }

    private static ExternalTargetSettings? TryRead(Target target)
    {
        var faults = new CatalogFaults();
        var settings = ExternalTargetSettings.Read(target, faults);
        return faults.Any ? null : settings;
    }
}
