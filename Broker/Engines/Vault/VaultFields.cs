using System.Runtime.InteropServices;
using System.Text.Json;

namespace SecretsBroker.Engines.Vault;

/// <summary>From the <c>data</c> of an answer to what a caller gets.</summary>
internal static class VaultFields
{
    public const int MaxFields = 100;
    public const int MaxName = 128;
    public const int MaxBytes = 256 * 1024;

    /// <param name="data">An object; texts are taken as they are, all else as JSON, null not at all.</param>
    /// <param name="wanted">Those that the grant names; empty for all.</param>
    /// <exception cref="EngineException">One that is wanted is not there, or it is more than a lease can carry.</exception>
    public static Dictionary<string, Secret> Of(JsonElement data, IReadOnlyList<string> wanted)
    {
        var fields = new Dictionary<string, Secret>();
        try
        {
            foreach (var member in data.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Null && (wanted.Count == 0 || wanted.Contains(member.Name)))
                {
                    fields.Add(member.Name, ValueOf(member.Value));
                }
            }

            Check(fields, wanted);
            return fields;
        }
        catch (Exception e)
        {
            foreach (var value in fields.Values)
            {
                value.Dispose();
            }

            if (e is ArgumentException)
            {
                throw new InvalidOperationException("a member comes twice", e);
            }

            throw;
        }
    }

    private static void Check(Dictionary<string, Secret> fields, IReadOnlyList<string> wanted)
    {
        if (fields.Count == 0 || wanted.Any(name => !fields.ContainsKey(name)))
        {
            throw new EngineException("the answer has not the fields that the grant names", isTransient: false);
        }

        if (fields.Count > MaxFields || fields.Keys.Any(name => name.Length > MaxName) || fields.Values.Sum(value => (long)value.Bytes.Length) > MaxBytes)
        {
            throw new EngineException(
                $"the answer has more than {MaxFields} fields, or {MaxBytes} bytes: name under fields those that are wanted", isTransient: false);
        }
    }

    private static Secret ValueOf(JsonElement value) => value.ValueKind == JsonValueKind.String
        ? VaultJson.Bytes(value)
        : new Secret(JsonMarshal.GetRawUtf8Value(value).ToArray());
}
