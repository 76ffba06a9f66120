using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Leases;

/// <summary>
/// Whose leases these are, where several installations share targets: brokers of one store are one installation. Its mark, six characters of
/// <c>[0-9a-v]</c>, stands in the id of each of its leases, and so in the name of everything that is made for one.
/// </summary>
internal sealed class Installation
{
    public const int MarkLength = 6;
    private const int BitsPerCharacter = 5;

    private Installation(string name, string? mark) => (Name, Mark) = (name, mark);

    /// <summary>Empty for one that was given none.</summary>
    public string Name { get; }

    /// <summary>Null for one without a name: what it makes cannot be told from what another one makes.</summary>
    public string? Mark { get; }

    public static Installation Unnamed { get; } = new("", mark: null);

    public static Installation Of(string name)
    {
        if (name.Length == 0)
        {
            return Unnamed;
        }

        var bits = BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes($"secrets-broker installation {name}")));
        return new Installation(name, string.Create(MarkLength, bits, static (mark, bits) =>
        {
            for (var i = 0; i < mark.Length; i++)
            {
                mark[i] = LeaseId.Alphabet[(int)(bits >> (64 - (BitsPerCharacter * (i + 1)))) & 31];
            }
        }));
    }

    /// <summary>Whether a lease was made by this installation.</summary>
    public bool Made(LeaseId lease) => Mark is { } mark && Marks(mark, lease);

    /// <summary>Whether a lease was made by the installation of that mark.</summary>
    public static bool Marks(string mark, LeaseId lease) => lease.Value.AsSpan(LeaseId.ShardLength, MarkLength).SequenceEqual(mark);
}
