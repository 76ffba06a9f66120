using System.Globalization;
using SecretsBroker.Identity;

namespace SecretsBroker.Policy;

/// <summary>
/// Of whom, and of how many, policy demands an approval: <c>payments-oncall</c> of one member of that group, <c>payments-oncall:2</c> of two,
/// <c>spiffe://example.org/desk</c> of that workload.
/// </summary>
/// <param name="Group">A group's name, or the SPIFFE ID of the only one who may.</param>
/// <param name="Count">How many different members.</param>
internal readonly record struct ApprovalDemand(string Group, int Count)
{
    public const int MaxCount = 9;

    private const int MaxLength = 256;

    /// <summary>The rule that a text breaks which is none; behind it stands what it is.</summary>
    public static string Rule { get; } =
        $"must name a group with 1 to {MaxLength} characters, without control characters and space around it, or a SPIFFE ID; "
        + $"behind the group may stand how many of it: group:2, from 1 to {MaxCount}";

    /// <summary>
    /// The number behind the last colon is how many: of a group whose own name ends in one, two are named as <c>group:7:2</c>.
    /// </summary>
    public static bool TryParse(string text, out ApprovalDemand demand)
    {
        demand = default;
        if (text.Length is 0 or > MaxLength || text.Trim() != text || text.Any(char.IsControl))
        {
            return false;
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || colon == text.Length - 1 || text.AsSpan(colon + 1).ContainsAnyExceptInRange('0', '9'))
        {
            demand = new ApprovalDemand(text, 1);
            return !text.StartsWith("spiffe:", StringComparison.Ordinal) || WorkloadId.TryParse(text, out _);
        }

        var group = text[..colon];
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count is < 1 or > MaxCount
            || group.Trim().Length == 0
            || group.StartsWith("spiffe:", StringComparison.Ordinal))
        {
            return false;
        }

        demand = new ApprovalDemand(group, count);
        return true;
    }

    /// <summary>Of what several policies demand: each group once, with the largest number of those that name it, in order.</summary>
    /// <param name="texts">Each was read before.</param>
    public static IReadOnlyList<ApprovalDemand> Of(IEnumerable<string> texts) =>
    [
        .. texts.Select(text => TryParse(text, out var demand) ? demand : throw new FormatException("not a demand for an approval"))
            .GroupBy(demand => demand.Group, StringComparer.Ordinal)
            .Select(same => new ApprovalDemand(same.Key, same.Max(demand => demand.Count)))
            .OrderBy(demand => demand.Group, StringComparer.Ordinal),
    ];

    /// <summary>Whether somebody is one of those of whom it is demanded. A group that an issuer calls by a workload's name is not that workload.</summary>
    public bool IsMetBy(Workload approver) =>
        WorkloadId.TryParse(Group, out var only) ? approver.Id == only : approver.Groups.Contains(Group);

    public override string ToString() => Count == 1 ? Group : string.Create(CultureInfo.InvariantCulture, $"{Group}:{Count}");
}
