namespace SecretsBroker.Engines.RedisAcl;

/// <summary>Reads the answer to <c>CLIENT LIST</c>: a line a connection, of <c>name=value</c> with spaces between them.</summary>
internal static class ClientList
{
    public static IEnumerable<ClientConnection> Parse(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string id = "", name = "", user = "";
            // Neither a name nor a user can hold a space: Redis refuses those.
            foreach (var field in line.Split(' '))
            {
                var value = field[(field.IndexOf('=', StringComparison.Ordinal) + 1)..];
                switch (field[..^value.Length])
                {
                    case "id=":
                        id = value;
                        break;
                    case "name=":
                        name = value;
                        break;
                    case "user=":
                        user = value;
                        break;
                }
            }

            yield return new ClientConnection(id, name, user);
        }
    }
}

internal readonly record struct ClientConnection(string Id, string Name, string User);
