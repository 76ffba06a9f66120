using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Leases;
using IssueRequest = SecretsBroker.Engine.V1.IssueRequest;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>An engine on a Unix socket of this process, with accounts in memory. It behaves, unless a test lets it do otherwise.</summary>
internal sealed class TestEngine : EngineService.EngineServiceBase, IAsyncDisposable
{
    private const string Prefix = "sb_";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (string Password, DateTimeOffset End)> _accounts = [];
    private readonly HashSet<string> _revoked = [];
    private readonly List<IssueRequest> _issues = [];
    private WebApplication? _app;

    private TestEngine(string socket) => Socket = socket;

    public string Socket { get; }

    public DescribeResponse Description { get; } = new()
    {
        Name = "test",
        Version = "1",
        Revocability = SecretsBroker.Engine.V1.Revocability.Destroy,
        Renewable = true,
        Lists = true,
        TargetSettings =
        {
            new SettingDescription { Name = "folder", Kind = SettingKind.Text, Required = true },
            new SettingDescription { Name = "limits", Kind = SettingKind.Any },
            new SettingDescription { Name = "admin", Kind = SettingKind.Secret, Required = true },
        },
        GrantSettings = { new SettingDescription { Name = "notebooks", Kind = SettingKind.Texts } },
    };

    /// <summary>Where set, an account ends by this clock, and nothing else ends it.</summary>
    private TimeProvider? EndsBy { get; init; }

    /// <summary>What it was told with the last call to revoke.</summary>
    public string? RevokedHandle { get; private set; }

    /// <summary>What becomes of a call to issue, in place of what was made.</summary>
    public Func<IssueResponse, ServerCallContext, Task<IssueResponse>> Answer { get; set; } = (made, _) => Task.FromResult(made);

    /// <summary>What becomes of a look.</summary>
    public Func<VerifyResponse, VerifyResponse> Look { get; set; } = seen => seen;

    /// <summary>What becomes of a page of the list.</summary>
    public Func<ListRequest, ListResponse, ListResponse> Page { get; set; } = (_, page) => page;

    public Func<CheckResponse> Finding { get; set; } = () => new CheckResponse();

    /// <summary>The requests to issue, in order.</summary>
    public IReadOnlyList<IssueRequest> Issues
    {
        get
        {
            lock (_lock)
            {
                return [.. _issues];
            }
        }
    }

    public static async Task<TestEngine> StartAsync(string socket, TimeProvider? endsBy = null)
    {
        var engine = new TestEngine(socket) { EndsBy = endsBy };
        await engine.StartAgainAsync();
        return engine;
    }

    /// <summary>As the process that it stands for would be: what it knows of accounts is at the target and stays.</summary>
    public async Task StartAgainAsync()
    {
        File.Delete(Socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(
            kestrel => kestrel.ListenUnixSocket(Socket, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddGrpc(grpc => (grpc.MaxSendMessageSize, grpc.MaxReceiveMessageSize) = (null, null));
        builder.Services.AddSingleton(this);
        _app = builder.Build();
        _app.UseRouting();
        _app.MapGrpcService<TestEngine>();
        await _app.StartAsync();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    public async Task StopAsync()
    {
        if (_app is { } app)
        {
            _app = null;
            // At once: a call that hangs is cut off.
            await app.StopAsync(new CancellationToken(canceled: true));
            await app.DisposeAsync();
        }
    }

    /// <summary>Whether the target lets it in.</summary>
    public bool Accepts(FieldsCredential credential)
    {
        lock (_lock)
        {
            return Exists(credential.Fields["username"].Reveal(), out var password) && password == credential.Fields["password"].Reveal();
        }
    }

    /// <summary>As if a broker whose store was lost had had it made.</summary>
    public void Plant(string lease)
    {
        lock (_lock)
        {
            _accounts[NameOf(lease)] = ("planted", DateTimeOffset.MaxValue);
        }
    }

    /// <summary>As if somebody at the target had taken it away.</summary>
    public void Lose(string lease)
    {
        lock (_lock)
        {
            _accounts.Remove(NameOf(lease));
        }
    }

    /// <summary>Whether something exists for a lease.</summary>
    public bool Has(string lease)
    {
        lock (_lock)
        {
            return Exists(NameOf(lease), out _);
        }
    }

    /// <summary>Whether the engine was told to end a lease and has nothing of it.</summary>
    public bool IsRevoked(string lease)
    {
        lock (_lock)
        {
            return _revoked.Contains(lease) && !Exists(NameOf(lease), out _);
        }
    }

    public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context) => Task.FromResult(Description);

    public override Task<CheckResponse> Check(CheckRequest request, ServerCallContext context) => Task.FromResult(Finding());

    public override Task<IssueResponse> Issue(IssueRequest request, ServerCallContext context)
    {
        var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        lock (_lock)
        {
            _issues.Add(request.Clone());
            if (_revoked.Contains(request.LeaseId))
            {
                throw new RpcException(new Status(StatusCode.Aborted, ""));
            }

            _accounts[NameOf(request.LeaseId)] = (password, request.ExpireTime.ToDateTimeOffset());
        }

        return Answer(
            new IssueResponse
            {
                Fields =
                {
                    ["username"] = ByteString.CopyFromUtf8(NameOf(request.LeaseId)),
                    ["password"] = ByteString.CopyFromUtf8(password),
                },
                Handle = "h-1",
                ExpireTime = request.ExpireTime,
            },
            context);
    }

    public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            var renewed = Exists(NameOf(request.LeaseId), out var password);
            if (renewed)
            {
                _accounts[NameOf(request.LeaseId)] = (password, request.ExpireTime.ToDateTimeOffset());
            }

            return Task.FromResult(new RenewResponse { Renewed = renewed });
        }
    }

    public override Task<RevokeResponse> Revoke(RevokeRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            RevokedHandle = request.Handle;
            _revoked.Add(request.LeaseId);
            if (EndsBy is null)
            {
                _accounts.Remove(NameOf(request.LeaseId));
            }
        }

        return Task.FromResult(new RevokeResponse());
    }

    public override Task<VerifyResponse> Verify(VerifyRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            var count = Exists(NameOf(request.LeaseId), out _) ? 1 : 0;
            return Task.FromResult(Look(new VerifyResponse
            {
                Gone = count == 0, Findings = { new Finding { Kind = FindingKind.Account, Count = count } },
            }));
        }
    }

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            var leases = _accounts.Keys.Select(name => name[Prefix.Length..])
                .Where(lease => lease.AsSpan(LeaseId.ShardLength, request.Mark.Length).SequenceEqual(request.Mark))
                .Where(lease => string.CompareOrdinal(lease, request.Cursor) > 0)
                .Order(StringComparer.Ordinal).Take(request.Max + 1).ToArray();
            var page = new ListResponse { LeaseIds = { leases.Take(request.Max) } };
            page.NextCursor = leases.Length > request.Max ? page.LeaseIds[^1] : "";
            return Task.FromResult(Page(request, page));
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private bool Exists(string name, out string password)
    {
        var isThere = _accounts.TryGetValue(name, out var account) && (EndsBy is null || EndsBy.GetUtcNow() < account.End);
        password = isThere ? account.Password : "";
        return isThere;
    }

    private static string NameOf(string lease) => Prefix + lease;
}
