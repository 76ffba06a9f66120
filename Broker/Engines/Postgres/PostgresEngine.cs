using System.Globalization;
using Npgsql;
using SecretsBroker.Catalog;
using SecretsBroker.Leases;
using static SecretsBroker.Engines.Postgres.PostgresConnections;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// A login role a lease, named by the lease, member of the grant's group role; with a random password that only its verifier is known of to
/// the server, or with a certificate for the caller's key. Revoking removes the role, its sessions and what it owns.
/// </summary>
internal sealed class PostgresEngine : IListableEngine, IProvingEngine
{
    private readonly Target _target;
    private readonly PostgresTargetSettings _settings;
    private readonly PostgresConnections _connections;
    private readonly RoleFunctions _functions;
    private readonly GroupRoles _groups;
    private readonly RoleCreation _creation;
    private readonly IdleRoleRemoval _idleRemoval;
    private readonly RoleRemoval _removal;
    private readonly RoleLook _look;
    private readonly ServerClock _clock;
    private readonly PostgresCalls _calls;
    private readonly ClientCertificates? _certificates;
    private readonly Places _issuingAside;
    private readonly Places _revokingAside;

    public PostgresEngine(Target target, PostgresTargetSettings settings, TimeProvider time, ILogger logger)
    {
        _target = target;
        _settings = settings;
        _connections = new PostgresConnections(target, settings, time);
        _clock = new ServerClock(time);
        _functions = new RoleFunctions(_connections, target.Name, time, logger);
        _calls = new PostgresCalls(target, _clock, _functions, time);
        var limits = GatheringLimits.Of(target, settings.Gather);
        _groups = new GroupRoles(_connections, target.Name);
        _creation = new RoleCreation(_connections, _clock, limits, time);
        _idleRemoval = new IdleRoleRemoval(_connections, _functions, limits, time);
        _removal = new RoleRemoval(_connections, _functions, target.Name, time);
        _look = new RoleLook(_connections, limits, time);
        _certificates = settings.ClientAuthority is { } authority ? new ClientCertificates(target.Name, authority, time, logger) : null;
        _issuingAside = new Places(limits.Aside);
        _revokingAside = new Places(limits.Aside);
    }

    public Revocability Revocability => Revocability.Destroy;

    // Half of what a transaction takes: the other half gathers while it runs.
    public int Width => Math.Max(1, _settings.Gather / 2);

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        if (request.Input is not (CredentialInput.Postgres or CredentialInput.None))
        {
            throw new CredentialInputException("a PostgreSQL role takes no input of this kind");
        }

        var faults = new CatalogFaults();
        var grant = PostgresGrantSettings.Read(request.Grant, _settings, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {_target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var certificate = Certify(request);
        var password = certificate.Length == 0 ? Secret.Random() : new Secret([]);
        try
        {
            var verifier = certificate.Length == 0 ? ScramVerifier.Compute(password.Bytes, _settings.ScramIterations) : null;
            var oid = await _calls.RunAsync("issuing", limit => IssueAsync(request, grant, verifier, limit), cancellationToken);
            return new DatabaseCredential
            {
                Host = _settings.AdvertisedHost,
                Port = _settings.AdvertisedPort,
                Database = grant.Database,
                Username = PostgresNames.RoleOf(request.LeaseId),
                Password = password,
                CertificateChain = certificate,
                Handle = oid.ToString(CultureInfo.InvariantCulture),
            };
        }
        catch
        {
            password.Dispose();
            throw;
        }
    }

    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // A certificate's end is signed: the caller has to ask for a new one.
        return _certificates is null
            && await _calls.RunAsync("renewing", limit => RenewAsync(lease.Id, expireTime, limit), cancellationToken);
    }

    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken) =>
        await _calls.RunAsync("revoking", limit => TryRevokeAsync(new LeaseRole(lease.Id, OidOf(lease)), limit), cancellationToken);

    public async ValueTask<Verification> RevokeAndVerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var role = new LeaseRole(lease.Id, OidOf(lease));
        return await _calls.RunAsync("revoking", limit => TryRevokeAsync(role, limit), cancellationToken)
            ?? await _calls.RunAsync("verifying", limit => _look.LookAsync(role, limit), cancellationToken);
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) =>
        await _calls.RunAsync("verifying", limit => _look.LookAsync(new LeaseRole(lease.Id, OidOf(lease)), limit), cancellationToken);

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken) =>
        await _calls.RunAsync(
            "listing",
            async limit =>
            {
                await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
                var rows = await connection.RunAsync(limit, Sql.LeaseRoles(mark, GroupRoles.CommentPrefix, cursor ?? "", max));
                var names = rows.Select(row => (string)row[0]).ToArray();
                return new ListedPage(
                    [.. names.Select(name => LeaseNames.Parse(name, mark)).OfType<LeaseId>()],
                    names.Length < max ? null : names[^1]);
            },
            cancellationToken);

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) =>
        await _calls.RunAsync(
            "looking",
            async limit =>
            {
                await using var connection = await _connections.OpenAsync(Pool.Revoke, limit.Token);
                return (await connection.RunAsync(limit, Sql.Oid(PostgresNames.RoleOf(lease)))).Count > 0;
            },
            cancellationToken);

    public async ValueTask CheckAsync(CancellationToken cancellationToken) =>
        await _calls.RunAsync(
            "checking",
            async limit =>
            {
                await TargetCheck.RunAsync(_connections, _settings, _target.Name, limit);
                _certificates?.Check();
                return true;
            },
            cancellationToken);

    /// <summary>That the cost of a lease grows with the live ones, where it does.</summary>
    public async ValueTask<IReadOnlyList<string>> FindNotesAsync(CancellationToken cancellationToken) =>
        await _calls.RunAsync<IReadOnlyList<string>>(
            "checking",
            async limit =>
            {
                await using var connection = await _connections.OpenAsync(Pool.Issue, limit.Token);
                return await RoleFunctions.LookAsync(connection, limit) == RoleFunctions.State.Missing
                    ? ["what a lease costs at the server grows with the live ones; samples/postgres/lease-roles.sql, run by a superuser, ends that"]
                    : [];
            },
            cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        _groups.Dispose();
        _certificates?.Dispose();
    }

    private static uint OidOf(Lease lease) => uint.TryParse(lease.Handle, NumberStyles.None, CultureInfo.InvariantCulture, out var oid) ? oid : 0;

    /// <returns>Empty where the login is by password.</returns>
    private string Certify(IssueRequest request)
    {
        if (_certificates is not null)
        {
            return _certificates.Sign(request);
        }

        return request.Input is CredentialInput.Postgres { } input && (!input.CertificateRequest.IsEmpty || !input.PublicKey.IsEmpty)
            ? throw new CredentialInputException("certificate_signing_request, public_key: must not be given, the login is by password")
            : "";
    }

    private async Task<uint> IssueAsync(IssueRequest request, PostgresGrantSettings grant, string? verifier, CallLimit limit)
    {
        var role = new NewRole(request, grant, verifier, await _functions.ChooseAsync(Pool.Issue, limit), limit);
        for (var attempt = 1; ; attempt++)
        {
            await _groups.EnsureAsync(request.Grant, grant, limit);
            try
            {
                return await CreateAsync(role);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject && attempt < PostgresCalls.MaxAttempts)
            {
                // Somebody removed the group role behind the broker's back.
                _groups.Forget(request.Grant);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateObject && attempt < PostgresCalls.MaxAttempts)
            {
                // An earlier issue of this lease got through, though its answer was lost. Its password is of no use to anybody.
                using var place = await _issuingAside.EnterAsync(limit.Token);
                await _removal.RemoveAsync(request.LeaseId, handle: 0, Pool.Issue, limit);
            }
        }
    }

    private async Task<uint> CreateAsync(NewRole role)
    {
        try
        {
            return await _creation.CreateAsync(role);
        }
        catch (PostgresException e) when (PostgresFailure.IsLockTaken(e))
        {
            // Another issue of the same lease is under way, or its revocation.
            using var place = await _issuingAside.EnterAsync(role.Limit.Token);
            return await _creation.WaitAndCreateAsync(role);
        }
    }

    /// <returns>That it is gone, where it was idle; null where that is still to be looked at.</returns>
    private async Task<Verification?> TryRevokeAsync(LeaseRole role, CallLimit limit)
    {
        if (await _idleRemoval.TryRemoveAsync(role, limit) is { } gone)
        {
            return gone;
        }

        using var place = await _revokingAside.EnterAsync(limit.Token);
        await _removal.RemoveAsync(role.Lease, role.Oid, Pool.Revoke, limit);
        return null;
    }

    private async Task<bool> RenewAsync(LeaseId lease, DateTimeOffset expireTime, CallLimit limit)
    {
        var role = PostgresNames.RoleOf(lease);
        var how = await _functions.ChooseAsync(Pool.Issue, limit);
        await using var connection = await _connections.OpenAsync(Pool.Issue, limit.Token);
        var deadline = await _clock.InAsync(limit.Remaining, connection, limit.Token);
        try
        {
            await connection.RunAsync(
                limit, Sql.Lock(PostgresNames.LockOf(lease)), how.Extend(role, expireTime), Sql.OidBefore(role, deadline));
            return true;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            return false;
        }
    }
}
