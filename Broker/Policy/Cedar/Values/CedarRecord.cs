using System.Diagnostics.CodeAnalysis;
using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar.Values;

/// <summary>Named values; also the attributes and the tags of an entity, and the context of a request.</summary>
public sealed class CedarRecord : CedarValue
{
    private const int LinearLimit = 8;

    public static readonly CedarRecord Empty = new([]);

    private readonly KeyValuePair<string, CedarValue>[] _fields;
    private readonly Dictionary<string, CedarValue>? _index;
    private int _hash;

    private CedarRecord(KeyValuePair<string, CedarValue>[] fields)
    {
        _fields = fields;
        if (fields.Length > LinearLimit)
            _index = new Dictionary<string, CedarValue>(fields, StringComparer.Ordinal);
        foreach (var (_, value) in fields)
            Depth = Math.Max(Depth, value.Depth + 1);
    }

    public int Count => _fields.Length;

    public IReadOnlyList<KeyValuePair<string, CedarValue>> Fields => _fields;

    public override string TypeName => "record";

    internal override int Depth { get; }

    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public static CedarRecord Of(params IEnumerable<KeyValuePair<string, CedarValue>> fields)
    {
        var copy = fields.ToArray();
        if (copy.Length == 0)
            return Empty;
        for (var i = 0; copy.Length <= LinearLimit && i < copy.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (string.Equals(copy[i].Key, copy[j].Key, StringComparison.Ordinal))
                    throw new ArgumentException($"The field `{copy[i].Key}` occurs twice.", nameof(fields));
            }
        }

        return new CedarRecord(copy);
    }

    public static CedarRecord Of(params ReadOnlySpan<(string Name, CedarValue Value)> fields)
    {
        var copy = new KeyValuePair<string, CedarValue>[fields.Length];
        for (var i = 0; i < fields.Length; i++)
            copy[i] = new(fields[i].Name, fields[i].Value);
        return Of((IEnumerable<KeyValuePair<string, CedarValue>>)copy);
    }

    /// <summary>Reads a JSON object, as contexts are written; entities and extension values with <c>__entity</c> and <c>__extn</c>.</summary>
    public static CedarResult<CedarRecord> ParseJson(string json, string fileName = "context")
    {
        var errors = new List<CedarError>();
        var source = new JsonSource(fileName, json);
        try
        {
            return source.Read(errors) is { } root ? new(ValueReader.ReadRecord(root)) : new(errors);
        }
        catch (JsonFault fault)
        {
            return new([source.ErrorAt(fault.Offset, fault.Message, fault.Expected)]);
        }
    }

    public bool TryGet(string name, [NotNullWhen(true)] out CedarValue? value)
    {
        if (_index is not null)
            return _index.TryGetValue(name, out value);
        foreach (var field in _fields)
        {
            if (string.Equals(field.Key, name, StringComparison.Ordinal))
            {
                value = field.Value;
                return true;
            }
        }

        value = null;
        return false;
    }

    public bool Has(string name) => TryGet(name, out _);

    public override bool Equals(CedarValue? other)
    {
        if (ReferenceEquals(this, other))
            return true;
        if (other is not CedarRecord record || record.Count != Count || record.GetHashCode() != GetHashCode())
            return false;
        foreach (var (name, value) in _fields)
        {
            if (!record.TryGet(name, out var theirs) || !theirs.Equals(value))
                return false;
        }

        return true;
    }

    // Computed when first asked for: most records are only read from. Two threads compute the same.
    public override int GetHashCode()
    {
        if (_hash != 0)
            return _hash;
        var hash = _fields.Length;
        foreach (var (name, value) in _fields)
            hash += HashCode.Combine(name.GetHashCode(StringComparison.Ordinal), value);
        return _hash = hash == 0 ? 1 : hash;
    }

    public override string ToString()
        => "{" + string.Join(", ", _fields.Select(f => $"{StringEscapes.Quote(f.Key)}: {f.Value}")) + "}";
}
