using System.Globalization;

namespace SecretsBroker.Engines.Commands;

/// <summary>The processes of a session, as Linux tells of them (proc_pid_stat(5)).</summary>
internal static class SessionProcesses
{
    private const string Folder = "/proc";

    // Counted from the state on, which follows the name; the name may hold anything.
    private const int State = 0;
    private const int Session = 3;
    private const int Threads = 17;

    /// <returns>
    /// Their ids, without those that have ended and wait for nothing but being taken notice of; none where the system does not tell.
    /// </returns>
    public static IReadOnlyList<int> Of(int session)
    {
        var processes = new List<int>();
        var wanted = session.ToString(CultureInfo.InvariantCulture);
        foreach (var entry in Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder) : [])
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var process)
                && Read(entry) is { } fields
                && fields[Session] == wanted
                && IsAlive(fields))
            {
                processes.Add(process);
            }
        }

        return processes;
    }

    /// <param name="session">The number of its first process, which has ended.</param>
    /// <returns>
    /// Those that go on. None when there is a first process: it is another one, and the session as well, because the number is nobody else's before
    /// all are gone.
    /// </returns>
    public static IReadOnlyList<int> LeftOf(int session) => Of(session) is var all && all.Contains(session) ? [] : all;

    // Of a process whose first thread has ended the others may go on.
    private static bool IsAlive(string[] fields) => fields[State] is not ("Z" or "X") || fields[Threads] is not ("0" or "1");

    private static string[]? Read(string entry)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(entry, "stat"));
            var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return fields.Length > Threads ? fields : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
