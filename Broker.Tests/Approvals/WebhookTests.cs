using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Approvals;
using SecretsBroker.Approvals.Notices;
using SecretsBroker.Catalog;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Telemetry;
using static SecretsBroker.Telemetry.TelemetryNames;

namespace SecretsBroker.Tests.Approvals;

/// <summary>How a notice gets to who is to be told.</summary>
internal sealed class WebhookTests
{
    private const string Key = "a key that has enough bytes for it";

    private readonly TemporaryFolder _folder = new();
    private MeasuredBroker _measured = null!;
    private SqliteLeaseStore _store = null!;
    private WebhookReceiver _receiver = null!;
    private RecordingLogger<WebhookSender> _log = null!;
    private WebhookOptions _options = null!;
    private NoticeQueue _queue = null!;
    private WebhookSender? _sender;

    private string KeyFile => Path.Combine(_folder.Path, "webhook.key");

    [SetUp]
    public async Task SetUp()
    {
        await File.WriteAllTextAsync(KeyFile, Key + "\n");
        _measured = new MeasuredBroker();
        _store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, TimeProvider.System);
        _receiver = await WebhookReceiver.StartAsync();
        _log = new RecordingLogger<WebhookSender>();
        _options = new WebhookOptions
        {
            Url = _receiver.Url,
            Key = new SecretReference { File = KeyFile },
            RetryDelay = TimeSpan.FromMilliseconds(10),
            Timeout = TimeSpan.FromSeconds(30),
        };
    }

    [TearDown]
    public async Task TearDown()
    {
        if (_sender is not null)
        {
            await _sender.StopAsync(default);
            _sender.Dispose();
        }

        await _receiver.DisposeAsync();
        await _store.DisposeAsync();
        _measured.Dispose();
    }

    [OneTimeTearDown]
    public void Delete() => _folder.Dispose();

    [TestCase(Key)]
    [TestCase("whsec_YSBrZXkgdGhhdCBoYXMgZW5vdWdoIGJ5dGVzIGZvciBpdA==")]
    public async Task Notice_is_signed_with_its_id_and_time(string content)
    {
        await File.WriteAllTextAsync(KeyFile, content);
        await StartAsync();
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        _queue.Publish(Notice.Requested(Asked()));

        var delivery = await _receiver.WaitForAsync("approval.requested", "look at an invoice");
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Key), Encoding.UTF8.GetBytes($"{delivery.Id}.{delivery.Time}.{delivery.Body}"));
        Assert.That(delivery.Signature, Is.EqualTo("v1," + Convert.ToBase64String(expected)));
        Assert.That(long.Parse(delivery.Time), Is.InRange(before, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()));
        using var body = JsonDocument.Parse(delivery.Body);
        var data = body.RootElement.GetProperty("data");
        Assert.That(data.GetProperty("workload").GetString(), Is.EqualTo("spiffe://example.org/agents/alice"));
        Assert.That(data.GetProperty("groups")[0].GetString(), Is.EqualTo("oncall"));
        Assert.That(delivery.Body, Does.Not.Contain(Key));
    }

    [TestCase(StatusCodes.Status500InternalServerError)]
    [TestCase(StatusCodes.Status503ServiceUnavailable)]
    [TestCase(StatusCodes.Status429TooManyRequests)]
    public async Task What_may_pass_is_tried_again_under_the_same_id_until_it_is_taken(int status)
    {
        _receiver.Answer = (context, count) =>
        {
            context.Response.StatusCode = count < 3 ? status : StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        };
        await StartAsync();
        var notice = Notice.Requested(Asked());

        _queue.Publish(notice);
        await Wait.UntilAsync(() => _receiver.Deliveries.Count == 3);
        // What comes after it shows that it was tried no more.
        _queue.Publish(Notice.Requested(Asked("another")));
        await _receiver.WaitForAsync("approval.requested", "another");

        Assert.That(_receiver.Deliveries.Count(one => one.Id == notice.Id), Is.EqualTo(3));
        Assert.That(Failures(), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public async Task What_never_passes_is_given_up_and_counted()
    {
        _options.MaxAttempts = 3;
        _receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        };
        await StartAsync();

        _queue.Publish(Notice.Requested(Asked()));

        await Wait.UntilAsync(() => _log.Text.Contains("given up after 3 tries", StringComparison.Ordinal));
        Assert.That((_receiver.Deliveries.Count, Failures()), Is.EqualTo((3, 3)));
    }

    [TestCase(StatusCodes.Status400BadRequest)]
    [TestCase(StatusCodes.Status401Unauthorized)]
    [TestCase(StatusCodes.Status410Gone)]
    public async Task What_the_receiver_does_not_want_is_not_tried_again(int status)
    {
        _receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };
        await StartAsync();

        _queue.Publish(Notice.Requested(Asked()));

        await Wait.UntilAsync(() => _log.Text.Contains($"given up after 1 tries: it answered with status {status}", StringComparison.Ordinal));
        Assert.That(_receiver.Deliveries, Has.Count.EqualTo(1));
    }

    [TestCase(StatusCodes.Status302Found)]
    [TestCase(StatusCodes.Status307TemporaryRedirect)]
    [TestCase(StatusCodes.Status308PermanentRedirect)]
    public async Task No_redirect_is_followed(int status)
    {
        await using var elsewhere = await WebhookReceiver.StartAsync();
        _receiver.Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = elsewhere.Url;
            return Task.CompletedTask;
        };
        await StartAsync();

        _queue.Publish(Notice.Requested(Asked()));

        await Wait.UntilAsync(() => _log.Text.Contains($"given up after 1 tries: it answered with status {status}", StringComparison.Ordinal));
        Assert.That(elsewhere.Deliveries, Is.Empty);
    }

    [Test]
    public async Task Receiver_that_hangs_is_left_and_tried_again()
    {
        (_options.Timeout, _options.MaxAttempts) = (TimeSpan.FromMilliseconds(200), 20);
        _receiver.Answer = (context, count) => count == 1 ? Task.Delay(Timeout.Infinite, context.RequestAborted) : Task.CompletedTask;
        await StartAsync();

        _queue.Publish(Notice.Requested(Asked()));

        await Wait.UntilAsync(() => _receiver.Deliveries.Count >= 2);
        Assert.That(_log.Text, Does.Contain("did not answer in time"));
    }

    [TestCase("")]
    [TestCase("too short")]
    [TestCase("whsec_no base64!")]
    public async Task Without_a_key_nothing_is_sent(string content)
    {
        await File.WriteAllTextAsync(KeyFile, content);
        _options.MaxAttempts = 2;
        await StartAsync();

        _queue.Publish(Notice.Requested(Asked()));

        await Wait.UntilAsync(() => _log.Text.Contains("given up after 2 tries: its key cannot be read or is too short", StringComparison.Ordinal));
        Assert.That(_receiver.Deliveries, Is.Empty);
    }

    [Test]
    public void What_does_not_fit_into_the_queue_is_counted_and_holds_nobody_up()
    {
        _options.QueueLength = 2;
        _queue = NewQueue();

        for (var i = 0; i < 5; i++)
        {
            _queue.Publish(Notice.Requested(Asked($"{i}")));
        }

        Assert.That((_queue.Waiting.Count, Failures()), Is.EqualTo((2, 3)));
    }

    [Test]
    public async Task What_is_pending_and_open_is_told_again_after_a_restart_under_the_same_ids()
    {
        var parked = (await _store.ParkAsync(Asked(), new ApprovalLimits(TimeSpan.FromMinutes(5), 10), default))!;
        var review = await _store.OpenReviewAsync(
            new Review { Id = "r-d-1", Subject = Asked().Subject, DecisionId = "d-1", Justification = "the shop is down" }, default);

        await StartAsync();

        Assert.That((await _receiver.WaitForAsync("approval.requested", parked.Id.Value)).Id, Is.EqualTo(Notice.Requested(parked).Id));
        Assert.That((await _receiver.WaitForAsync("break_glass.used", "the shop is down")).Id, Is.EqualTo(Notice.GlassBroken(review).Id));
    }

    [TestCase("http://example.org/hook", false)]
    [TestCase("https://user@example.org/hook", false)]
    [TestCase("ftp://127.0.0.1/hook", false)]
    [TestCase("hook", false)]
    [TestCase("https://example.org/hook?room=7", true)]
    [TestCase("http://127.0.0.1:8080/hook", true)]
    public void Only_https_and_loopback_are_told(string url, bool valid) =>
        Assert.That(
            new WebhookOptionsValidator().Validate(null, new WebhookOptions { Url = url, Key = new SecretReference { Env = "KEY" } }).Succeeded,
            Is.EqualTo(valid));

    [Test]
    public void Webhook_without_a_key_is_a_fault() =>
        Assert.That(
            new WebhookOptionsValidator().Validate(null, new WebhookOptions { Url = "https://example.org" }).FailureMessage,
            Does.Contain("Approvals:Webhook:Key must be set"));

    private static Approval Asked(string purpose = "look at an invoice") => new()
    {
        Id = ApprovalId.New(0),
        Subject = new ApprovalSubject
        {
            Workload = "spiffe://example.org/agents/alice",
            Action = "read",
            Resource = "orders/invoices",
            Purpose = purpose,
            Grant = "orders-read",
            Demands = ["oncall"],
        },
        DecisionId = "d-1",
    };

    private Task StartAsync()
    {
        _queue = NewQueue();
        _sender = new WebhookSender(_queue, _store, Options.Create(_options), _measured.Metrics, TimeProvider.System, _log);
        return _sender.StartAsync(default);
    }

    private NoticeQueue NewQueue() => new(Options.Create(_options), _measured.Metrics, NullLogger<NoticeQueue>.Instance);

    private int Failures() => _measured.Measured.Count(one => one.Name == Metrics.ExternalFailures && one.Tags[Attributes.System] == "webhook");
}
