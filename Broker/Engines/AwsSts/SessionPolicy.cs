using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>
/// The policy that a session is made with: what it may do is what the role may and this names. AWS lets no session live less than a
/// quarter of an hour, so that the lease's end stands in each statement: after it, nothing is allowed any more.
/// </summary>
internal static class SessionPolicy
{
    /// <summary>AWS's limit for a session policy.</summary>
    public const int MaxLength = 2048;

    public const string EndOperator = "DateLessThan";

    // Each character counts, and IAM reads JSON, not HTML.
    private static readonly JsonWriterOptions _plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="statements">Of the grant.</param>
    /// <param name="end">Of the lease; what is less than a second of it is left out.</param>
    public static string Write(IReadOnlyList<SessionStatement> statements, DateTimeOffset end)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, _plain))
        {
            json.WriteStartObject();
            json.WriteString("Version", "2012-10-17");
            json.WriteStartArray("Statement");
            foreach (var statement in statements)
            {
                Write(json, statement, end);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, SessionStatement statement, DateTimeOffset end)
    {
        json.WriteStartObject();
        json.WriteString("Effect", "Allow");
        Write(json, "Action", statement.Actions);
        Write(json, "Resource", statement.Resources);
        json.WriteStartObject("Condition");
        foreach (var (name, values) in statement.Conditions)
        {
            json.WriteStartObject(name);
            foreach (var (key, value) in values)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        json.WriteStartObject(EndOperator);
        json.WriteString("aws:CurrentTime", end.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
