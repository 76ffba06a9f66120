using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>Users at Redis servers.</summary>
internal sealed class RedisAclEngineType(TimeProvider time) : ICredentialEngineType
{
    public const string TypeName = "redis-acl";

    public string Name => TypeName;

    public bool IsListable => true;

    public void ValidateTarget(Target target, CatalogFaults faults) => RedisTargetSettings.Read(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => RedisGrantSettings.Read(grant, faults);

    public ICredentialEngine Create(Target target)
    {
        var faults = new CatalogFaults();
        var settings = RedisTargetSettings.Read(target, faults);
        return faults.Any
            ? throw new ArgumentException($"target {target.Name} has settings that are not valid", nameof(target))
            : new RedisAclEngine(target, settings, time);
    }
}
