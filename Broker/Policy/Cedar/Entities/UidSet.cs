using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Entities;

/// <summary>A set of entity references made for being asked: an array while it is small.</summary>
internal sealed class UidSet
{
    private const int LinearLimit = 8;

    public static readonly UidSet Empty = new([]);

    private readonly EntityUid[] _items;
    private readonly HashSet<EntityUid>? _index;

    private UidSet(EntityUid[] items, HashSet<EntityUid>? index = null) => (_items, _index) = (items, index);

    public ReadOnlySpan<EntityUid> Items => _items;

    public static UidSet Of(HashSet<EntityUid> items) => items.Count switch
    {
        0 => Empty,
        <= LinearLimit => new UidSet([.. items]),
        _ => new UidSet([.. items], items),
    };

    public bool Contains(EntityUid uid)
    {
        if (_index is not null)
            return _index.Contains(uid);
        foreach (var item in _items)
        {
            if (item.Equals(uid))
                return true;
        }

        return false;
    }
}
