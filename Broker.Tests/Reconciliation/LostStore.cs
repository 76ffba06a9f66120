using SecretsBroker.Tests.EndToEnd;

namespace SecretsBroker.Tests.Reconciliation;

/// <summary>A broker that loses its store, and its audit log with it, which would be a witness of its own.</summary>
internal static class LostStore
{
    /// <summary>Stops a broker, and starts the next one with nothing of what it knew.</summary>
    public static async Task<BrokerUnderTest> StartWithoutAsync(BrokerUnderTest broker)
    {
        var sandbox = broker.Sandbox;
        await broker.StopAsync();
        Forget(sandbox);
        return await BrokerUnderTest.StartAsync(sandbox, adapt: null, ReconcilingOperator.Settings);
    }

    public static void Forget(Sandbox sandbox)
    {
        foreach (var file in Directory.GetFiles(sandbox.Folder, "leases.db*"))
        {
            File.Delete(file);
        }

        Directory.Delete(sandbox.AuditFolder, recursive: true);
    }
}
