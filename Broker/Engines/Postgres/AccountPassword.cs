using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The broker's own password, read at each login. It cannot change at the server and in the file at the same moment: while it does, the next
/// one may lie in a file beside it, and whoever is refused with the one tries the other.
/// </summary>
internal sealed class AccountPassword(SecretReference reference, string target)
{
    /// <summary>What the name of the file with the next password ends in.</summary>
    public const string NextSuffix = ".next";

    private volatile bool _triesNext;

    /// <exception cref="EngineException">It cannot be read.</exception>
    public string Read()
    {
        var bytes = (_triesNext && reference.File is { } file ? new SecretReference { File = file + NextSuffix }.TryRead() : null)
            ?? reference.TryRead()
            ?? throw new EngineException($"target {target}: its password ({reference}) cannot be read", isTransient: false);
        var password = Encoding.UTF8.GetString(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return password;
    }

    /// <summary>Whether it is the next one that is tried first.</summary>
    public bool TriesNext => _triesNext;

    /// <summary>After one was refused. Those that are refused with the same at the same time all come to the other.</summary>
    /// <param name="next">What <see cref="TriesNext"/> was before.</param>
    public void TryOtherThan(bool next) => _triesNext = !next;
}
