using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>Sessions of an AWS role.</summary>
internal sealed class AwsStsEngineType(TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "aws-sts";

    public string Name => TypeName;

    public IReadOnlyList<string> PlaceSettings { get; } = ["role_arn"];

    public void ValidateTarget(Target target, CatalogFaults faults) => AwsTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => AwsGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = AwsTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new AwsStsEngine(target, settings, time);
    }
}
