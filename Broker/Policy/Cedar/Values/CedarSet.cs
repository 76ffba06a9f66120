using System.Collections;

namespace SecretsBroker.Policy.Cedar.Values;

/// <summary>A set without duplicates; keeps the order in which its elements were given.</summary>
public sealed class CedarSet : CedarValue, IReadOnlyCollection<CedarValue>
{
    // Below this a walk over the array is faster than a hash table, and needs no memory.
    private const int LinearLimit = 8;

    public static readonly CedarSet Empty = new([]);

    private readonly CedarValue[] _elements;
    private readonly HashSet<CedarValue>? _index;
    private readonly int _hash;

    private CedarSet(CedarValue[] elements, HashSet<CedarValue>? index = null)
    {
        _elements = elements;
        _index = index;
        var hash = elements.Length;
        foreach (var element in elements)
        {
            hash += element.GetHashCode();
            Depth = Math.Max(Depth, element.Depth + 1);
        }

        _hash = HashCode.Combine(hash);
    }

    public int Count => _elements.Length;

    public override string TypeName => "set";

    internal override int Depth { get; }

    internal ReadOnlySpan<CedarValue> Elements => _elements;

    public static CedarSet Of(params ReadOnlySpan<CedarValue> elements) => Of(elements.ToArray());

    public static new CedarSet Of(IEnumerable<CedarValue> elements) => Of(elements.ToArray());

    public bool Contains(CedarValue element)
        => _index is null ? IndexOf(_elements, _elements.Length, element) >= 0 : _index.Contains(element);

    public bool ContainsAll(CedarSet other)
    {
        foreach (var element in other._elements)
        {
            if (!Contains(element))
                return false;
        }

        return true;
    }

    public bool ContainsAny(CedarSet other)
    {
        var (small, large) = Count < other.Count ? (this, other) : (other, this);
        foreach (var element in small._elements)
        {
            if (large.Contains(element))
                return true;
        }

        return false;
    }

    public override bool Equals(CedarValue? other)
        => ReferenceEquals(this, other)
            || (other is CedarSet set && set.Count == Count && set._hash == _hash && ContainsAll(set));

    public override int GetHashCode() => _hash;

    public override string ToString() => "[" + string.Join(", ", (object[])_elements) + "]";

    public IEnumerator<CedarValue> GetEnumerator() => ((IEnumerable<CedarValue>)_elements).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes over <paramref name="elements"/>: the caller must not use the array any more.</summary>
    internal static CedarSet Of(CedarValue[] elements)
    {
        if (elements.Length == 0)
            return Empty;
        if (elements.Length > LinearLimit)
        {
            var index = new HashSet<CedarValue>(elements);
            return new CedarSet(index.Count == elements.Length ? elements : [.. index], index);
        }

        var count = 0;
        foreach (var element in elements)
        {
            if (IndexOf(elements, count, element) < 0)
                elements[count++] = element;
        }

        return new CedarSet(count == elements.Length ? elements : elements[..count]);
    }

    private static int IndexOf(CedarValue[] elements, int count, CedarValue element)
    {
        for (var i = 0; i < count; i++)
        {
            if (elements[i].Equals(element))
                return i;
        }

        return -1;
    }
}
