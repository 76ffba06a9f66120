using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Gives the broker's own account a new password. Brokers that run meanwhile find it beside the old one before the server knows it
/// (<see cref="AccountPassword"/>), so that no request fails. Whatever step is the last before a crash, running it again finishes it.
/// </summary>
internal sealed class PasswordRotation(Target target, PostgresTargetSettings settings, TimeProvider time)
{
    /// <exception cref="EngineException">It is not done; the old password or the one that lies beside it works.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var file = settings.Password?.File
            ?? throw new EngineException($"target {target.Name}: only a password that is named as a file can be rotated", isTransient: false);
        using var limit = new CallLimit(target.Timeout, time, cancellationToken);
        try
        {
            await RotateAsync(file, limit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineException($"target {target.Name}: the password's folder cannot be written to ({e.GetType().Name})", isTransient: false);
        }
        catch (Exception e) when (PostgresFailure.IsKnown(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresFailure.Translate(target.Name, "rotating the password", e);
        }
    }

    private async Task RotateAsync(string file, CallLimit limit)
    {
        var next = file + AccountPassword.NextSuffix;
        using (var made = Secret.Random())
        {
            // One that is there already is of a rotation that did not come to its end: it goes on with that.
            if (ExclusiveFile.TryCreate(next, made.Bytes) && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(next, File.GetUnixFileMode(file));
            }
        }

        using var password = Read(next);
        if (!await WorksAsync(password, limit))
        {
            using var current = Read(file);
            await using (var connection = await OpenAsync(current, limit))
            {
                await connection.RunAsync(limit, Sql.SetOwnPassword(ScramVerifier.Compute(password.Bytes, settings.ScramIterations)));
            }

            await using var proof = await OpenAsync(password, limit);
        }

        File.Move(next, file, overwrite: true);
    }

    private Secret Read(string path) => new SecretReference { File = path }.TryRead() is { } bytes
        ? new Secret(bytes)
        : throw new EngineException($"target {target.Name}: {path} cannot be read", isTransient: false);

    private async Task<bool> WorksAsync(Secret password, CallLimit limit)
    {
        try
        {
            await using var connection = await OpenAsync(password, limit);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidPassword)
        {
            return false;
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(Secret password, CallLimit limit)
    {
        var address = PostgresConnections.AddressOf(target, settings, settings.Databases[0]);
        address.Pooling = false;
        address.Password = password.Reveal();
        var connection = new NpgsqlConnection(address.ConnectionString);
        try
        {
            await connection.OpenAsync(limit.Token);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
