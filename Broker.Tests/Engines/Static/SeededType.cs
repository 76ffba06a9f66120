using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>Gives each target accounts of its own, and keeps their first passwords.</summary>
/// <param name="system">Where the accounts are.</param>
/// <param name="accounts">Their names.</param>
internal class SeededType(LegacySystem system, IReadOnlyList<string> accounts) : ICredentialEngineType
{
    private readonly StaticEngineType _type = new(system.Store, system.Measured.Metrics, TimeProvider.System, system.Log);

    public string Name => _type.Name;

    public void ValidateTarget(Target target, CatalogFaults faults) => _type.ValidateTarget(target, faults);

    public void ValidateGrant(Grant grant, Target target, CatalogFaults faults) => _type.ValidateGrant(grant, target, faults);

    public ICredentialEngine Create(Target target)
    {
        Directory.CreateDirectory(system.PathOf(FolderOf(target)));
        var settings = JsonObject.Create(target.Settings)!;
        if (settings["rotation"] is { } rotation)
        {
            rotation["command"]![2] = system.PathOf(FolderOf(target));
        }

        var engine = (StaticEngine)_type.Create(target with { Settings = JsonSerializer.SerializeToElement(settings) });
#pragma warning disable VSTHRD002 // Nothing else waits on this thread.
        SeedAsync(engine, target).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        return engine;
    }

    public bool LogsIn(Target target, StaticCredential credential) =>
        system.LogsIn(AccountAt(target, credential.Name), credential.Fields["password"].Reveal());

    /// <summary>Somebody changes it at the target, and has the broker keep it.</summary>
    public Task PutAsync(StaticEngine engine, Target target, string account, string password)
    {
        system.SetPassword(AccountAt(target, account), password);
        return LegacySystem.PutAsync(engine, account, password);
    }

    protected virtual async Task SeedAsync(StaticEngine engine, Target target)
    {
        var known = await engine.Keeper.ListAsync(CancellationToken.None);
        foreach (var account in accounts.Where(account => !known.ContainsKey(account)))
        {
            await PutAsync(engine, target, account, "first");
        }
    }

    private static string AccountAt(Target target, string name) => Path.Combine(FolderOf(target), name);

    private static string FolderOf(Target target) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target.Name)))[..8];
}
