using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>Whom to run as when root would be refused: PostgreSQL does not start for root.</summary>
internal sealed partial class UnprivilegedUser
{
    private readonly uint _userId;
    private readonly uint _groupId;

    private UnprivilegedUser(uint userId, uint groupId)
    {
        _userId = userId;
        _groupId = groupId;
    }

    /// <summary>Null when the process is not root's: then nothing needs to change.</summary>
    /// <param name="names">The first one that exists is taken.</param>
    public static UnprivilegedUser? IfRoot(params IEnumerable<string> names)
    {
        if (geteuid() != 0)
            return null;
        var entries = File.ReadLines("/etc/passwd").Select(line => line.Split(':')).ToLookup(entry => entry[0]);
        var entry = names.SelectMany(name => entries[name]).FirstOrDefault()
            ?? throw new InvalidOperationException("no unprivileged user is known to this system");
        return new UnprivilegedUser(uint.Parse(entry[2]), uint.Parse(entry[3]));
    }

    public void TakeOver(string path)
    {
        if (chown(path, _userId, _groupId) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>The arguments of <c>setpriv</c> that become this user and then the program, under the same process id.</summary>
    public IEnumerable<string> Arguments(string file, IEnumerable<string> arguments) =>
        [$"--reuid={_userId}", $"--regid={_groupId}", "--clear-groups", "--", file, .. arguments];

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint geteuid();

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int chown(string path, uint userId, uint groupId);
}
