namespace SecretsBroker.CommandLine.Remote;

/// <summary>Reads the token that proves who asks. No message repeats any of it.</summary>
internal static class RemoteToken
{
    private const int MaxBytes = 64 * 1024;

    /// <param name="file">Where it stands; null for the environment's variable.</param>
    /// <exception cref="RemoteException">There is none, or it cannot be one.</exception>
    public static string Read(FileInfo? file)
    {
        var source = file is null ? RemoteOptions.TokenVariable : file.FullName;
        var text = file is null ? Environment.GetEnvironmentVariable(RemoteOptions.TokenVariable) ?? "" : ReadFile(file);
        var token = text.Trim();
        if (token.Length == 0)
        {
            throw new RemoteException(file is null
                ? $"there is no token: name its file with --token-file, or set {RemoteOptions.TokenVariable}"
                : $"there is no token in '{source}'");
        }

        return token.AsSpan().ContainsAnyExceptInRange('!', '~')
            ? throw new RemoteException($"what stands in '{source}' is not one token")
            : token;
    }

    private static string ReadFile(FileInfo file)
    {
        try
        {
            return file.Length <= MaxBytes
                ? File.ReadAllText(file.FullName)
                : throw new RemoteException($"'{file.FullName}' is too large for a token");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RemoteException($"the token file '{file.FullName}' cannot be read", e);
        }
    }
}
