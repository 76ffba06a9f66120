using System.Text.Json;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>One file of the official tests: requests with the answers they must get.</summary>
internal sealed record OfficialTest(string Policies, string Entities, string Schema, bool ShouldValidate, IReadOnlyList<OfficialRequest> Requests)
{
    public static OfficialTest Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return new OfficialTest(
            root.GetProperty("policies").GetString()!,
            root.GetProperty("entities").GetString()!,
            root.GetProperty("schema").GetString()!,
            root.GetProperty("shouldValidate").GetBoolean(),
            [.. root.GetProperty("requests").EnumerateArray().Select(OfficialRequest.Of)]);
    }
}

internal sealed record OfficialRequest(
    string Description,
    EntityUid Principal,
    EntityUid Action,
    EntityUid Resource,
    string Context,
    string Expected)
{
    public static OfficialRequest Of(JsonElement json) => new(
        json.GetProperty("description").GetString()!,
        Uid(json.GetProperty("principal")),
        Uid(json.GetProperty("action")),
        Uid(json.GetProperty("resource")),
        json.GetProperty("context").GetRawText(),
        Answer(json.GetProperty("decision").GetString()!, Names(json.GetProperty("reason")), Names(json.GetProperty("errors"))));

    public static string Answer(AuthorizationResponse response) => Answer(
        response.Decision == CedarDecision.Allow ? "allow" : "deny",
        response.Reasons.Select(p => p.Id),
        response.Errors.Select(e => e.Policy.Id));

    public string Ask(PolicySet policies, EntitySet entities, CedarRecord context)
        => Answer(policies.IsAuthorized(new AuthorizationRequest(Principal, Action, Resource, context), entities));

    public static string Answer(string decision, IEnumerable<string> reasons, IEnumerable<string> errors)
        => $"{decision} by [{string.Join(", ", reasons.Order(StringComparer.Ordinal))}] errors [{string.Join(", ", errors.Order(StringComparer.Ordinal))}]";

    private static EntityUid Uid(JsonElement json) => new(json.GetProperty("type").GetString()!, json.GetProperty("id").GetString()!);

    private static IEnumerable<string> Names(JsonElement json) => json.EnumerateArray().Select(e => e.GetString()!);
}
