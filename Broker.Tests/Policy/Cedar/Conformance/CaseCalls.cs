using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Tests.Policy.Cedar.Generation;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>Puts generated cases to the official engine in its terms.</summary>
internal static class CaseCalls
{
    public static (string Function, string Json) IsAuthorized(this Case made)
    {
        var call = new JsonObject
        {
            ["principal"] = Uid(made.Principal),
            ["action"] = Uid(made.Action),
            ["resource"] = Uid(made.Resource),
            ["context"] = JsonNode.Parse(made.Context),
            ["policies"] = Policies(made),
            ["entities"] = JsonNode.Parse(made.Entities),
        };
        return ("isAuthorized", call.ToJsonString());
    }

    public static (string Function, string Json) Validate(this Case made)
        => ("validate", new JsonObject { ["schema"] = World.Schema, ["policies"] = Policies(made) }.ToJsonString());

    /// <summary>The ids of the policies that the engine found faults in, and what it says of them.</summary>
    public static (string Faulty, string Messages) ReadVerdict(string? json)
    {
        if (json is null)
            return ("crash", "");
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.GetProperty("type").GetString() != "success")
            return ("failure", json);
        var errors = document.RootElement.GetProperty("validationErrors").EnumerateArray().ToArray();
        return (
            string.Join(", ", errors.Select(e => e.GetProperty("policyId").GetString()!).Distinct().Order(StringComparer.Ordinal)),
            string.Join("; ", errors.Select(e => e.GetProperty("error").GetProperty("message").GetString())));
    }

    public static JsonObject Policies(this Case made) => new()
    {
        ["staticPolicies"] = new JsonObject(made.Policies.Select((text, i) => KeyValuePair.Create($"policy{i}", (JsonNode?)text))),
        ["templates"] = new JsonObject(made.Templates.Select((t, i) => KeyValuePair.Create($"template{i}", (JsonNode?)t.Text))),
        ["templateLinks"] = new JsonArray([.. made.Templates.Select(Link)]),
    };

    /// <summary>The engine's answer in the form that <see cref="OfficialRequest.Answer"/> gives ours.</summary>
    public static string ReadAnswer(string? json)
    {
        if (json is null)
            return "crash";
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.GetProperty("type").GetString() != "success")
            return "failure: " + document.RootElement.GetProperty("errors")[0].GetProperty("message").GetString();
        var response = document.RootElement.GetProperty("response");
        var diagnostics = response.GetProperty("diagnostics");
        return OfficialRequest.Answer(
            response.GetProperty("decision").GetString()!,
            diagnostics.GetProperty("reason").EnumerateArray().Select(r => r.GetString()!),
            diagnostics.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("policyId").GetString()!));
    }

    private static JsonObject Link(CaseTemplate template, int index)
    {
        var values = new JsonObject();
        if (template.Principal is { } principal)
            values["?principal"] = Uid(principal);
        if (template.Resource is { } resource)
            values["?resource"] = Uid(resource);
        return new JsonObject { ["templateId"] = $"template{index}", ["newId"] = $"link{index}", ["values"] = values };
    }

    private static JsonObject Uid((string Type, string Id) uid) => new() { ["type"] = uid.Type, ["id"] = uid.Id };
}
