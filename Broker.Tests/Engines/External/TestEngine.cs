using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SecretsBroker.Engine.V1;
using IssueRequest = SecretsBroker.Engine.V1.IssueRequest;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>An engine on a Unix socket of this process, for accounts in memory. It behaves, unless a test lets it do otherwise.</summary>
internal sealed class TestEngine : EngineService.EngineServiceBase, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<IssueRequest> _issues = [];
    private WebApplication? _app;

    private TestEngine(string socket, TestAccounts accounts) => (Socket, Accounts) = (socket, accounts);

    public string Socket { get; }

    public TestAccounts Accounts { get; }

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

    /// <param name="socket">Where it listens.</param>
    /// <param name="endsBy">By which clock its accounts end, where nothing else ends them.</param>
    public static async Task<TestEngine> StartAsync(string socket, TimeProvider? endsBy = null)
    {
        var engine = new TestEngine(socket, new TestAccounts(endsBy));
        await engine.StartAgainAsync();
        return engine;
    }

    /// <summary>As the process that it stands for would be.</summary>
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

    public override Task<DescribeResponse> Describe(DescribeRequest request, ServerCallContext context) => Task.FromResult(Description);

    public override Task<CheckResponse> Check(CheckRequest request, ServerCallContext context) => Task.FromResult(Finding());

    public override Task<IssueResponse> Issue(IssueRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            _issues.Add(request.Clone());
        }

        var (username, password) = Accounts.Make(request.LeaseId, request.ExpireTime.ToDateTimeOffset())
            ?? throw new RpcException(new Status(StatusCode.Aborted, ""));
        return Answer(
            new IssueResponse
            {
                Fields = { ["username"] = ByteString.CopyFromUtf8(username), ["password"] = ByteString.CopyFromUtf8(password) },
                Handle = "h-1",
                ExpireTime = request.ExpireTime,
            },
            context);
    }

    public override Task<RenewResponse> Renew(RenewRequest request, ServerCallContext context) =>
        Task.FromResult(new RenewResponse { Renewed = Accounts.Prolong(request.LeaseId, request.ExpireTime.ToDateTimeOffset()) });

    public override Task<RevokeResponse> Revoke(RevokeRequest request, ServerCallContext context)
    {
        RevokedHandle = request.Handle;
        Accounts.Revoke(request.LeaseId);
        return Task.FromResult(new RevokeResponse());
    }

    public override Task<VerifyResponse> Verify(VerifyRequest request, ServerCallContext context)
    {
        var count = Accounts.Has(request.LeaseId) ? 1 : 0;
        return Task.FromResult(Look(new VerifyResponse
        {
            Gone = count == 0, Findings = { new Finding { Kind = FindingKind.Account, Count = count } },
        }));
    }

    public override Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        // One more than is asked for, to see whether there are more.
        var leases = Accounts.List(request.Mark, request.Cursor, request.Max + 1);
        var page = new ListResponse { LeaseIds = { leases.Take(request.Max) } };
        page.NextCursor = leases.Count > request.Max ? page.LeaseIds[^1] : "";
        return Task.FromResult(Page(request, page));
    }

    public async ValueTask DisposeAsync() => await StopAsync();
}
