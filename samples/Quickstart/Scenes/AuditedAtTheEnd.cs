using SecretsBroker.Audit;

namespace SecretsBroker.Samples.Quickstart.Scenes;

/// <summary>Afterwards anybody with the log can check that nothing was changed in it, and see what happened.</summary>
internal static class AuditedAtTheEnd
{
    public static async Task PlayAsync(Stage stage, Narrator tell, CancellationToken cancellationToken)
    {
        tell.Scene("Afterwards");
        await stage.StopBrokerAsync(cancellationToken);
        var found = await AuditVerifier.VerifyAsync(stage.AuditLog, cancellationToken: cancellationToken);
        Expect.That(found.IsIntact, "the audit chain holds", found.Break?.Text ?? "");
        Expect.That(found.LastCheckpoint is not null, "the end of the chain is signed", "it is not");
        tell.Seen($"the broker has stopped; its audit chain of {found.Records} records holds, signed by key {string.Join(", ", found.KeyIds)}");

        var accesses = await Access.ReadAsync(stage.AuditLog, cancellationToken);
        Check(accesses, withDatabase: stage.Database is not null);
        tell.Show(AccessTable.Of(accesses, tell.Width));
    }

    /// <summary>Holds the log against the story.</summary>
    private static void Check(IReadOnlyList<Access> accesses, bool withDatabase)
    {
        ExpectCount("denied", accesses.Count(access => !access.Allowed), 1);
        ExpectCount("allowed and never taken back", accesses.Count(access => access.Allowed && access.Cause.Length == 0), 0);
        ExpectCount("ended with the completed task", accesses.Count(access => access.Cause == "Completed"), withDatabase ? 4 : 3);
        ExpectCount("ended because agent B was lost", accesses.Count(access => access.Cause == "Lost"), 2);
        ExpectCount("ended because its time was over", accesses.Count(access => access.Cause == "Expired"), 1);
    }

    private static void ExpectCount(string what, int found, int told) =>
        Expect.That(found == told, $"the log tells of {told} accesses {what}", $"{found}");
}
