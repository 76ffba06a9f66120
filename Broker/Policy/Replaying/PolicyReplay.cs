using SecretsBroker.Audit;
using SecretsBroker.Policy.Opa;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Policy.Replaying;

/// <summary>
/// Decides recorded questions again with other policies, and keeps what would come out otherwise, grouped. Takes one record at a time: what
/// it holds follows the kinds of changes, not the length of the log.
/// </summary>
internal sealed class PolicyReplay(PolicyTrial candidate)
{
    public const int MaxGroups = 10_000;

    private readonly Dictionary<ReplayedChange, ChangeCount> _changes = [];

    /// <summary>Decisions about agents in the log.</summary>
    public long Decisions { get; private set; }

    /// <summary>Those that no policy made: the catalogue ruled the intent out, or policy could not be asked.</summary>
    public long NotByPolicy { get; private set; }

    /// <summary>Those that a policy server made, alone or with Cedar: what it would say now is not known here.</summary>
    public long ByServer { get; private set; }

    /// <summary>Those that were recorded without what deciding again needs: by an older broker.</summary>
    public long Incomplete { get; private set; }

    public long Changed { get; private set; }

    /// <summary>Changes beyond the groups that are kept.</summary>
    public long Ungrouped { get; private set; }

    public long Unchanged => Decisions - NotByPolicy - ByServer - Incomplete - Changed;

    /// <summary>The most frequent first.</summary>
    public IEnumerable<(ReplayedChange Change, ChangeCount Count)> Changes => _changes
        .OrderByDescending(change => change.Value.Count)
        .ThenBy(change => change.Key.Workload, StringComparer.Ordinal)
        .ThenBy(change => change.Key.Action, StringComparer.Ordinal)
        .ThenBy(change => change.Key.Resource, StringComparer.Ordinal)
        .ThenBy(change => change.Key.After, StringComparer.Ordinal)
        .Select(change => (change.Key, change.Value));

    /// <summary>Records other than decisions about agents are passed over.</summary>
    public void Add(AuditRecord record)
    {
        if (record.Type != AuditEventType.Decided)
        {
            return;
        }

        Decisions++;
        if (record.PolicyHash.Length == 0)
        {
            NotByPolicy++;
        }
        else if (record.PolicyHash.Contains(OpaRevision.Prefix, StringComparison.Ordinal))
        {
            ByServer++;
        }
        else if (RecordedQuestion.TryRead(record) is { } question)
        {
            Compare(record, candidate.Decide(question));
        }
        else
        {
            Incomplete++;
        }
    }

    private void Compare(AuditRecord record, PolicyAnswer after)
    {
        var before = RecordedQuestion.AnswerOf(record);
        if (!new AnswerPair(before, after).Changes)
        {
            return;
        }

        Changed++;
        var change = new ReplayedChange(record.Workload, record.Action, record.Resource, Describe(before), Describe(after));
        if (!_changes.TryGetValue(change, out var count))
        {
            if (_changes.Count == MaxGroups)
            {
                Ungrouped++;
                return;
            }

            _changes[change] = count = new ChangeCount();
        }

        count.Add(record.DecisionId);
    }

    private static string Describe(PolicyAnswer answer)
    {
        var obligations = ObligationText.Of(answer.Obligations);
        return (answer.Allowed, obligations.Count) switch
        {
            (false, _) => $"deny ({answer.Reason})",
            (true, 0) => "allow",
            _ => $"allow ({string.Join(", ", obligations.Select(pair => $"{pair.Key} {pair.Value}"))})",
        };
    }
}
