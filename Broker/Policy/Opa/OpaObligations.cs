using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// What a policy server's permission demands, under the names that Cedar's annotations have:
/// <code>
/// { "max_ttl": "5m", "approval": ["payments-oncall"], "sealed": true, "advice": ["name the invoice"] }
/// </code>
/// </summary>
internal static class OpaObligations
{
    private const int MaxGroupLength = 256;
    private const int MaxAdviceLength = 500;

    /// <exception cref="OpaException">There is one that this broker does not know, or that has another form.</exception>
    public static Obligations Read(JsonElement obligations)
    {
        if (obligations.ValueKind != JsonValueKind.Object)
        {
            throw new OpaException("the policy server's answer has obligations that are no object");
        }

        var demanded = Obligations.None;
        foreach (var obligation in obligations.EnumerateObject())
        {
            demanded = demanded.And(obligation.Name switch
            {
                "max_ttl" => Obligations.None with { MaxTimeToLive = ReadTimeToLive(obligation.Value) },
                "approval" => Obligations.None with { Approvals = ReadApprovals(obligation.Value) },
                "sealed" => Obligations.None with { Sealed = ReadFlag(obligation.Value) },
                "advice" => Obligations.None with { Advice = ReadSet(obligation.Value, "advice", MaxAdviceLength) },
                // Passing it over would permit what was not meant.
                _ => throw new OpaException("the policy server's answer has an obligation that this broker does not know"),
            });
        }

        return demanded;
    }

    private static TimeSpan ReadTimeToLive(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && SettingsDuration.TryParse(value.GetString()!, out var demand)
        && demand >= TimeSpan.FromSeconds(1)
            ? demand
            : throw new OpaException("the policy server's answer has a max_ttl that is no duration such as 5m, 1s at least");

    private static bool ReadFlag(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? value.GetBoolean()
        : throw new OpaException("the policy server's answer has a sealed that is no boolean");

    private static string[] ReadApprovals(JsonElement list)
    {
        var demands = ReadSet(list, "approval", MaxGroupLength);
        return Array.TrueForAll(demands, demand => ApprovalDemand.TryParse(demand, out _))
            ? demands
            : throw new OpaException("the policy server's answer demands an approval of what is neither a group, nor group:2, nor a SPIFFE ID");
    }

    private static string[] ReadSet(JsonElement list, string member, int maxLength) =>
        [.. OpaTexts.ReadList(list, member, maxLength).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
