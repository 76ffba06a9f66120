namespace SecretsBroker.Engines.Keys;

/// <summary>Whose the keys in files are.</summary>
internal static class KeyIds
{
    /// <summary>Reads each file by itself: one that cannot be read says nothing of the others.</summary>
    /// <returns>The ids of the keys that can be read.</returns>
    public static IReadOnlyCollection<string> Read(IEnumerable<string> files, Func<string, string> readId)
    {
        var ids = new List<string>();
        foreach (var file in files)
        {
            try
            {
                ids.Add(readId(file));
            }
            catch (EngineException)
            {
                // Whoever signs with it, or asks about what it signed, is told.
            }
        }

        return ids;
    }
}
