using System.Globalization;
using System.Net.Sockets;

namespace SecretsBroker.Engines.External;

/// <summary>
/// Connects to an engine's socket, and only to the engine: who listens there is told by the system (SO_PEERCRED), not by the socket's path, and a
/// socket that everybody could write to would let everybody ask for secrets past the broker.
/// </summary>
internal static class EngineSocket
{
    // Linux' <sys/socket.h>: struct ucred { pid_t pid; uid_t uid; gid_t gid; }.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <param name="path">Where the engine listens.</param>
    /// <param name="owner">The user whose process may listen there, beside root; null for this process's own.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="EngineSocketException">Somebody else is there.</exception>
    public static async ValueTask<Stream> ConnectAsync(string path, int? owner, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new EngineSocketException("external engines need Linux");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            if (File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherWrite))
            {
                throw new EngineSocketException("its socket can be written to by everybody: take the others' write permission away (mode 0660 or 0600)");
            }

            var (peer, expected) = (PeerOf(socket), owner ?? OwnUser());
            return peer == 0 || peer == expected
                ? new NetworkStream(socket, ownsSocket: true)
                : throw new EngineSocketException($"user {peer} listens at its socket, and not {expected} or root: see the setting owner");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static long PeerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[3 * sizeof(int)];
        return socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) == credentials.Length
            ? BitConverter.ToUInt32(credentials[sizeof(int)..])
            : throw new EngineSocketException("the system does not say who listens at its socket");
    }

    /// <summary>The effective user, by its number: the second after the word in <c>proc_pid_status(5)</c>.</summary>
    public static long OwnUser()
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        return long.Parse(line.Split('\t')[2], CultureInfo.InvariantCulture);
    }
}

/// <summary>Who listens at an engine's socket is not believed.</summary>
internal sealed class EngineSocketException(string message) : IOException(message);
