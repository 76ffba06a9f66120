using System.Security.Cryptography;
using System.Text.Json;

namespace SecretsBroker.Engines.Static;

/// <summary>The value of a kept secret: texts by name. Disposing zeroes them.</summary>
internal sealed class SecretFields : IDisposable
{
    /// <summary>Written as JSON.</summary>
    public const int MaxBytes = 8 * 1024;

    public const int MaxCount = 32;
    public const int MaxNameLength = 64;

    public static readonly string Rule =
        $"must be a JSON object of 1 to {MaxCount} texts, by names of 1 to {MaxNameLength} characters of [A-Za-z0-9._-], at most {MaxBytes} bytes";

    private readonly Dictionary<string, Secret> _values = new(StringComparer.Ordinal);

    private SecretFields()
    {
    }

    public IReadOnlyDictionary<string, Secret> Values => _values;

    /// <summary>Whether it can be kept.</summary>
    public bool IsSmallEnough
    {
        get
        {
            using var buffer = new WipedBuffer();
            Write(buffer);
            return buffer.Written.Length <= MaxBytes;
        }
    }

    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaxNameLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <returns>Null when it breaks <see cref="Rule"/>.</returns>
    public static SecretFields? TryRead(ReadOnlySpan<byte> json)
    {
        if (json.Length > MaxBytes)
        {
            return null;
        }

        var fields = new SecretFields();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (fields.Read(ref reader) && !reader.Read())
            {
                return fields;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What the parser says about it may quote it.
        }

        fields.Dispose();
        return null;
    }

    /// <summary>The object at which the reader stands, or comes to next.</summary>
    public static SecretFields? TryRead(ref Utf8JsonReader reader)
    {
        var fields = new SecretFields();
        if (fields.Read(ref reader))
        {
            return fields;
        }

        fields.Dispose();
        return null;
    }

    /// <summary>A copy in which some have another, random value: letters and digits.</summary>
    public static SecretFields Renewed(SecretFields present, IReadOnlyCollection<string> names, int length)
    {
        var fields = new SecretFields();
        foreach (var (name, value) in present.Values)
        {
            fields._values[name] = new Secret(value.Bytes.ToArray());
        }

        foreach (var name in names)
        {
            fields._values.GetValueOrDefault(name)?.Dispose();
            fields._values[name] = new Secret(RandomNumberGenerator.GetItems("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"u8, length));
        }

        return fields;
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var (name, value) in _values)
        {
            json.WriteString(name, value.Bytes);
        }

        json.WriteEndObject();
    }

    public void Write(WipedBuffer buffer)
    {
        using var json = new Utf8JsonWriter(buffer);
        Write(json);
    }

    public void Dispose()
    {
        foreach (var value in _values.Values)
        {
            value.Dispose();
        }
    }

    private bool Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            reader.Read();
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!IsName(name) || _values.Count == MaxCount || !reader.Read() || reader.TokenType != JsonTokenType.String || !Add(name, ref reader))
            {
                return false;
            }
        }

        return reader.TokenType == JsonTokenType.EndObject && _values.Count > 0;
    }

    private bool Add(string name, ref Utf8JsonReader reader)
    {
        var unescaped = new byte[reader.ValueSpan.Length];
        var value = new Secret(unescaped[..reader.CopyString(unescaped)]);
        CryptographicOperations.ZeroMemory(unescaped);
        if (value.Bytes.Length > 0 && _values.TryAdd(name, value))
        {
            return true;
        }

        value.Dispose();
        return false;
    }
}
