using System.Security.Cryptography;
using SecretsBroker.Engines;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>The target of a <see cref="TestEngine"/>: accounts in memory, one a lease, which stay when the engine ends.</summary>
/// <param name="endsBy">Where set, an account ends by this clock, and nothing else ends it.</param>
internal sealed class TestAccounts(TimeProvider? endsBy = null)
{
    private const string Prefix = "sb_";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Password, DateTimeOffset End)> _accounts = [];
    private readonly HashSet<string> _revoked = [];

    /// <summary>Whether the target lets it in.</summary>
    public bool Accepts(FieldsCredential credential)
    {
        lock (_lock)
        {
            return Exists(credential.Fields["username"].Reveal(), out var password) && password == credential.Fields["password"].Reveal();
        }
    }

    /// <summary>As if a broker whose store was lost had had it made.</summary>
    public void Plant(string lease)
    {
        lock (_lock)
        {
            _accounts[NameOf(lease)] = ("planted", DateTimeOffset.MaxValue);
        }
    }

    /// <summary>As if somebody at the target had taken it away.</summary>
    public void Lose(string lease)
    {
        lock (_lock)
        {
            _accounts.Remove(NameOf(lease));
        }
    }

    /// <summary>Whether something exists for a lease.</summary>
    public bool Has(string lease)
    {
        lock (_lock)
        {
            return Exists(NameOf(lease), out _);
        }
    }

    /// <summary>Whether a lease was revoked and there is nothing of it.</summary>
    public bool IsRevoked(string lease)
    {
        lock (_lock)
        {
            return _revoked.Contains(lease) && !Exists(NameOf(lease), out _);
        }
    }

    /// <returns>Null for a lease that was revoked before.</returns>
    public (string Username, string Password)? Make(string lease, DateTimeOffset end)
    {
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            if (_revoked.Contains(lease))
            {
                return null;
            }

            _accounts[NameOf(lease)] = (password, end);
            return (NameOf(lease), password);
        }
    }

    /// <returns>Whether it is there.</returns>
    public bool Prolong(string lease, DateTimeOffset end)
    {
        lock (_lock)
        {
            var isThere = Exists(NameOf(lease), out var password);
            if (isThere)
            {
                _accounts[NameOf(lease)] = (password, end);
            }

            return isThere;
        }
    }

    public void Revoke(string lease)
    {
        lock (_lock)
        {
            _revoked.Add(lease);
            if (endsBy is null)
            {
                _accounts.Remove(NameOf(lease));
            }
        }
    }

    /// <summary>The leases that have an account, in order; those after the cursor that carry an installation's mark.</summary>
    public IReadOnlyList<string> List(string mark, string cursor, int max)
    {
        lock (_lock)
        {
            return
            [
                .. _accounts.Keys.Select(name => name[Prefix.Length..])
                    .Where(lease => lease.AsSpan(LeaseId.ShardLength, mark.Length).SequenceEqual(mark))
                    .Where(lease => string.CompareOrdinal(lease, cursor) > 0)
                    .Order(StringComparer.Ordinal).Take(max),
            ];
        }
    }

    private bool Exists(string name, out string password)
    {
        var isThere = _accounts.TryGetValue(name, out var account) && (endsBy is null || endsBy.GetUtcNow() < account.End);
        password = isThere ? account.Password : "";
        return isThere;
    }

    private static string NameOf(string lease) => Prefix + lease;
}
