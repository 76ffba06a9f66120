using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.External;

/// <summary>Engines in processes of their own, in any language: gRPC on a Unix socket, <c>secretsbroker.engine.v1</c>.</summary>
internal sealed class ExternalEngineType(EngineProcesses processes, TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "external";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["socket"];

    public void ValidateTarget(Target target, CatalogFaults faults) => ExternalTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => ExternalGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = ExternalTargetSettings.Read(target, faults);
        if (faults.Any)
        {
            throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target));
        }

        if (settings.Command is { } command)
        {
            processes.Want(settings.Socket, command);
        }

        return new ExternalEngine(target, settings, time);
    }
}
