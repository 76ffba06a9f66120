using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Audit;

/// <summary>The private key that signs this broker's checkpoints.</summary>
internal sealed class CheckpointSigner : IDisposable
{
    private readonly ECDsa _key;
    private readonly string _keyId;

    private CheckpointSigner(ECDsa key)
    {
        _key = key;
        _keyId = CheckpointKeys.IdOf(key);
    }

    /// <summary>Loads the key, making it when there is none, and exports its public half beside the log.</summary>
    public static CheckpointSigner Open(string keyFile, string publicKeyFile)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            if (File.Exists(keyFile))
            {
                Import(key, keyFile);
            }
            else
            {
                WriteNew(keyFile, key.ExportPkcs8PrivateKeyPem());
            }

            Export(key, publicKeyFile);
            return new CheckpointSigner(key);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    public Checkpoint Sign(string broker, long sequence, string previousHash)
    {
        var signature = _key.SignData(Checkpoint.Statement(broker, sequence, previousHash), HashAlgorithmName.SHA256);
        return new Checkpoint(broker, sequence, previousHash, new CheckpointSignature(_keyId, Convert.ToBase64String(signature)));
    }

    public void Dispose() => _key.Dispose();

    private static void Import(ECDsa key, string path)
    {
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        catch (ArgumentException)
        {
            // Not kept as the inner exception: what a parser says about a key may quote it.
            throw new AuditException($"'{path}' holds no key to sign the audit log with");
        }
    }

    private static void WriteNew(string path, string pem)
    {
        // Written beside and moved: a broker that is killed half-way must not leave half a key, with which it never starts again.
        var draft = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        File.Delete(draft);
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(Encoding.ASCII.GetBytes(pem + "\n"));
            stream.Flush(flushToDisk: true);
        }

        File.Move(draft, path, overwrite: false);
        FolderSync.Flush(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    // Older keys stay: what they signed still has to be checked.
    private static void Export(ECDsa key, string path)
    {
        using var known = CheckpointKeys.Load(path);
        if (!known.Ids.Contains(CheckpointKeys.IdOf(key)))
        {
            File.AppendAllText(path, key.ExportSubjectPublicKeyInfoPem() + "\n");
        }
    }
}
