using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Policy.Opa;

/// <summary>What a policy server's permission demands, under the names that Cedar's annotations have.</summary>
internal static class OpaObligations
{
    /// <exception cref="OpaException">There is one that this broker does not know or cannot fulfil.</exception>
    public static Obligations Read(JsonElement obligations)
    {
        if (obligations.ValueKind != JsonValueKind.Object)
        {
            throw new OpaException("the policy server's answer has obligations that are no object");
        }

        var demanded = Obligations.None;
        foreach (var obligation in obligations.EnumerateObject())
        {
            demanded = obligation.Name switch
            {
                "max_ttl" => Obligations.None with { MaxTimeToLive = ReadTimeToLive(obligation.Value) },
                // Passing it over would permit what was not meant.
                _ => throw new OpaException("the policy server's answer demands what this broker cannot fulfil"),
            };
        }

        return demanded;
    }

    private static TimeSpan ReadTimeToLive(JsonElement value) =>
        value.ValueKind == JsonValueKind.String
        && SettingsDuration.TryParse(value.GetString()!, out var demand)
        && demand >= TimeSpan.FromSeconds(1)
            ? demand
            : throw new OpaException("the policy server's answer has a max_ttl that is no duration such as 5m, 1s at least");
}
