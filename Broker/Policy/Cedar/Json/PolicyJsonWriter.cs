using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Json;

/// <summary>Writes policies, templates and sets in Cedar's JSON policy format.</summary>
internal static class PolicyJsonWriter
{
    public static string Write(PolicyTemplate template, EntityScope principal, EntityScope resource)
        => ToText(json => Policy(json, template.Syntax, principal, resource));

    public static string Write(PolicySet set) => ToText(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("templates");
        foreach (var template in set.Templates)
        {
            json.WritePropertyName(template.Id);
            Policy(json, template.Syntax, template.Syntax.Principal, template.Syntax.Resource);
        }

        json.WriteEndObject();
        json.WriteStartObject("staticPolicies");
        foreach (var policy in set.Policies.Where(p => !p.IsLinked))
        {
            json.WritePropertyName(policy.Id);
            Policy(json, policy.Template.Syntax, policy.Principal, policy.Resource);
        }

        json.WriteEndObject();
        json.WriteStartArray("templateLinks");
        foreach (var policy in set.Policies.Where(p => p.IsLinked))
            Link(json, policy);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    public static void Uid(Utf8JsonWriter json, EntityUid uid)
    {
        json.WriteStartObject();
        json.WriteString("type", uid.Type);
        json.WriteString("id", uid.Id);
        json.WriteEndObject();
    }

    private static void Policy(Utf8JsonWriter json, PolicySyntax policy, EntityScope principal, EntityScope resource)
    {
        json.WriteStartObject();
        json.WriteString("effect", policy.Effect == PolicyEffect.Permit ? "permit" : "forbid");
        Scope(json, "principal", principal);
        Action(json, policy.Action);
        Scope(json, "resource", resource);
        json.WriteStartArray("conditions");
        foreach (var condition in policy.Conditions)
        {
            json.WriteStartObject();
            json.WriteString("kind", condition.IsWhen ? "when" : "unless");
            json.WritePropertyName("body");
            ExpressionJsonWriter.Write(json, condition.Body);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (policy.Annotations.Count > 0)
        {
            json.WriteStartObject("annotations");
            foreach (var (name, value) in policy.Annotations)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Scope(Utf8JsonWriter json, string variable, EntityScope scope)
    {
        json.WriteStartObject(variable);
        json.WriteString("op", scope.Kind switch { ScopeKind.Any => "All", ScopeKind.Equal => "==", ScopeKind.In => "in", _ => "is" });
        if (scope.EntityType is not null)
            json.WriteString("entity_type", scope.EntityType);
        if (scope.Kind == ScopeKind.IsIn)
            json.WriteStartObject("in");
        if (scope.HasSlot)
            json.WriteString("slot", "?" + variable);
        if (scope.Entity is not null)
            Member(json, "entity", scope.Entity);
        if (scope.Kind == ScopeKind.IsIn)
            json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Action(Utf8JsonWriter json, ActionScope scope)
    {
        json.WriteStartObject("action");
        json.WriteString("op", scope.Kind switch { ScopeKind.Any => "All", ScopeKind.Equal => "==", _ => "in" });
        if (scope.Actions is [var only])
        {
            Member(json, "entity", only);
        }
        else if (scope.Kind == ScopeKind.In)
        {
            json.WriteStartArray("entities");
            foreach (var action in scope.Actions)
                Uid(json, action);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Link(Utf8JsonWriter json, CedarPolicy policy)
    {
        json.WriteStartObject();
        json.WriteString("templateId", policy.Template.Id);
        json.WriteString("newId", policy.Id);
        json.WriteStartObject("values");
        if (policy.SlotPrincipal is not null)
            Member(json, "?principal", policy.SlotPrincipal);
        if (policy.SlotResource is not null)
            Member(json, "?resource", policy.SlotResource);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Member(Utf8JsonWriter json, string name, EntityUid uid)
    {
        json.WritePropertyName(name);
        Uid(json, uid);
    }

    private static string ToText(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = int.MaxValue };
        using (var json = new Utf8JsonWriter(buffer, options))
            write(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
