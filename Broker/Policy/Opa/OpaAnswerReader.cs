using System.Text.Json;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// Reads what the Data API answers, strictly. The rule's value is a boolean or
/// <code>
/// { "allow": true,
///   "reasons": ["research-reads"],            optional: which rules decided, 64 of 1 to 128 characters
///   "obligations": { "max_ttl": "5m" } }      optional, see <see cref="OpaObligations"/>
/// </code>
/// A rule that is undefined denies: that is how Rego says no. A value of another form is no answer, an unknown member above all: it may be
/// a demand that somebody relies on. What OPA itself puts beside the value may grow with its versions and is passed over.
/// </summary>
internal static class OpaAnswerReader
{
    private const int MaxNameLength = 128;
    private const string ReasonPrefix = "opa:";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <exception cref="OpaException">It is no answer.</exception>
    public static PolicyAnswer Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return Read(document.RootElement);
        }
        // The second is how the reader says that a string is not valid Unicode.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new OpaException("the policy server's answer is not JSON with each member once", e);
        }
    }

    private static PolicyAnswer Read(JsonElement answer)
    {
        Require(answer.ValueKind == JsonValueKind.Object, "is no JSON object");
        var common = new PolicyAnswer
        {
            Allowed = false,
            Reason = "the policy server does not permit this",
            PolicyHash = OpaRevision.Read(answer),
            ServerDecisionId = answer.TryGetProperty("decision_id", out var id) ? OpaTexts.Read(id, "decision_id", MaxNameLength) : "",
        };
        if (!answer.TryGetProperty("result", out var result))
        {
            // A bundle that is not loaded yet, or a misspelt path: it denies, but nobody has said no.
            return common with { Reason = "the policy server has no rule for this", IsFailure = true };
        }

        return result.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? Decide(common, result.GetBoolean(), Obligations.None)
            : ReadObject(result, common);
    }

    private static PolicyAnswer ReadObject(JsonElement result, PolicyAnswer common)
    {
        Require(result.ValueKind == JsonValueKind.Object, "has a result that is neither boolean nor object");
        bool? allow = null;
        var obligations = Obligations.None;
        foreach (var member in result.EnumerateObject())
        {
            switch (member.Name)
            {
                case "allow":
                    Require(member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False, "has an allow that is no boolean");
                    allow = member.Value.GetBoolean();
                    break;
                case "reasons":
                    var reasons = OpaTexts.ReadList(member.Value, "reasons", MaxNameLength);
                    common = common with { Policies = [.. reasons.Select(reason => ReasonPrefix + reason)] };
                    break;
                case "obligations":
                    obligations = OpaObligations.Read(member.Value);
                    break;
                default:
                    throw new OpaException("the policy server's answer has a member in its result that means nothing here");
            }
        }

        return Decide(common, allow ?? throw new OpaException("the policy server's answer has a result without allow"), obligations);
    }

    private static PolicyAnswer Decide(PolicyAnswer common, bool allowed, Obligations obligations) =>
        allowed ? common with { Allowed = true, Reason = "permitted", Obligations = obligations } : common;

    private static void Require(bool holds, string fault)
    {
        if (!holds)
        {
            throw new OpaException($"the policy server's answer {fault}");
        }
    }
}
