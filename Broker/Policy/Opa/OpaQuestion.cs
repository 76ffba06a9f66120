using System.Buffers;
using System.Text.Json;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Policy.Opa;

/// <summary>
/// Puts the broker's question into the <c>input</c> of a Rego policy. It is made from the one that Cedar gets (see
/// <see cref="QuestionMapper"/>), so that both engines judge the same facts:
/// <code>
/// input.principal   the workload's attributes, and `groups`: the names of its groups
/// input.action      "read"
/// input.resource    `id`, the resource's attributes, and `within`: each shorter path
/// input.context     as for Cedar
/// </code>
/// Claims and labels are all there, since Rego needs no schema to name them. A datetime is RFC 3339 text, a duration text such as
/// <c>"300000ms"</c> (<c>time.parse_duration_ns</c>), an address text.
/// </summary>
internal sealed class OpaQuestion
{
    private const string Claims = "claims";
    private const string Labels = "labels";

    private readonly QuestionMapper _mapper = new();

    /// <returns>The request's body, <c>{"input": …}</c>.</returns>
    public ReadOnlyMemory<byte> Write(PolicyQuestion question)
    {
        var (request, entities) = _mapper.Map(question, PolicySchema.BuiltIn);
        var (principal, resource) = (entities.Find(request.Principal)!, entities.Find(request.Resource)!);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteStartObject("input"u8);
        json.WriteStartObject("principal"u8);
        WriteFields(json, principal.Attributes, Claims);
        WriteTexts(json, Claims, question.Workload.Attributes);
        WriteParents(json, "groups", principal);
        json.WriteEndObject();
        json.WriteString("action"u8, request.Action.Id);
        json.WriteStartObject("resource"u8);
        json.WriteString("id"u8, request.Resource.Id);
        WriteFields(json, resource.Attributes);
        WriteParents(json, "within", resource);
        json.WriteEndObject();
        json.WriteStartObject("context"u8);
        WriteFields(json, request.Context, Labels);
        WriteTexts(json, Labels, question.Context.Labels);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteParents(Utf8JsonWriter json, string name, CedarEntity entity)
    {
        json.WriteStartArray(name);
        foreach (var parent in entity.Parents)
        {
            json.WriteStringValue(parent.Id);
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, text) in texts)
        {
            json.WriteString(key, text);
        }

        json.WriteEndObject();
    }

    private static void WriteFields(Utf8JsonWriter json, CedarRecord record, string? except = null)
    {
        foreach (var (name, value) in record.Fields)
        {
            if (name != except)
            {
                json.WritePropertyName(name);
                WriteValue(json, value);
            }
        }
    }

    private static void WriteValue(Utf8JsonWriter json, CedarValue value)
    {
        switch (value)
        {
            case CedarString text:
                json.WriteStringValue(text.Value);
                break;
            case CedarBool flag:
                json.WriteBooleanValue(flag.Value);
                break;
            case CedarLong number:
                json.WriteNumberValue(number.Value);
                break;
            case CedarRecord record:
                json.WriteStartObject();
                WriteFields(json, record);
                json.WriteEndObject();
                break;
            case CedarSet set:
                json.WriteStartArray();
                foreach (var element in set)
                {
                    WriteValue(json, element);
                }

                json.WriteEndArray();
                break;
            case EntityUid uid:
                json.WriteStringValue(uid.Id);
                break;
            case CedarIpAddress address:
                json.WriteStringValue(WithoutWholePrefix(address.Argument, address.IsIpv6 ? "/128" : "/32"));
                break;
            case ExtensionValue extension:
                json.WriteStringValue(extension.Argument);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(value), value.TypeName, "has no form in JSON");
        }
    }

    private static string WithoutWholePrefix(string address, string prefix) =>
        address.EndsWith(prefix, StringComparison.Ordinal) ? address[..^prefix.Length] : address;
}
