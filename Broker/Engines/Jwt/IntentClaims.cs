using System.Text.Json;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Engines.Jwt;

/// <summary>Who acts, for whom, and for what, as claims of a token.</summary>
internal static class IntentClaims
{
    /// <summary>The <c>type</c> of the one element of <c>authorization_details</c> (RFC 9396): what the token was issued for.</summary>
    public const string AuthorizationType = "secretsbroker_intent";

    /// <summary>RFC 8693 §4.1: the subject is the party that is acted for; who acts stands in <c>act</c>.</summary>
    public static void WriteSubject(Utf8JsonWriter json, IssueRequest request) =>
        json.WriteString("sub", (request.Delegation?.RootTask.Owner ?? request.Workload).Value);

    public static void WriteActors(Utf8JsonWriter json, IssueRequest request)
    {
        if (request.Delegation is { } delegation)
        {
            WriteActor(json, request.Workload.Value, delegation.Links, delegation.Links.Count - 1);
        }
    }

    /// <param name="json">Takes it.</param>
    /// <param name="request">Whose intent.</param>
    /// <param name="location">Where the intended action is done.</param>
    public static void WriteDetails(Utf8JsonWriter json, IssueRequest request, string location)
    {
        json.WriteStartArray("authorization_details");
        json.WriteStartObject();
        json.WriteString("type", AuthorizationType);
        WriteOne(json, "actions", request.Intent.Action);
        WriteOne(json, "locations", location);
        json.WriteString("identifier", request.Intent.Resource);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>The one who acts, and within it those who acted before, the last first: all above but the root, which is the subject.</summary>
    private static void WriteActor(Utf8JsonWriter json, string actor, IReadOnlyList<DelegationLink> links, int before)
    {
        json.WriteStartObject("act");
        json.WriteString("sub", actor);
        if (before > 0)
        {
            WriteActor(json, links[before].Task.Owner.Value, links, before - 1);
        }

        json.WriteEndObject();
    }

    private static void WriteOne(Utf8JsonWriter json, string name, string value)
    {
        json.WriteStartArray(name);
        json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
