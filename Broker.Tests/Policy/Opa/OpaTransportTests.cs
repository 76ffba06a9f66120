using System.IO.Compression;
using System.Text;

namespace SecretsBroker.Tests.Policy.Opa;

/// <summary>Answers that end too early, too late or not as HTTP has it; and how often a question is sent.</summary>
internal sealed class OpaTransportTests
{
    private const string Allow = """{"result": true}""";

    private static readonly Dictionary<string, byte[]> Broken = new()
    {
        ["closed without an answer"] = [],
        ["ends before its length"] = ScriptedServer.Answer(Allow, length: 100),
        ["ends after its length"] = ScriptedServer.Answer(Allow, length: 8),
        ["last chunk missing"] = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{Allow.Length:x}\r\n{Allow}\r\n"),
        ["chunk of no length"] = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{Allow}\r\n0\r\n\r\n"),
        ["ends within the headers"] = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"),
        ["another protocol"] = Encoding.ASCII.GetBytes("SSH-2.0-OpenSSH_9.2p1\r\n"),
        ["very many headers"] = ScriptedServer.Answer(Allow, $"X-More: {new string('x', 20_000)}\r\n"),
        ["compressed"] = Compressed(),
    };

    private static IEnumerable<string> Kinds => Broken.Keys;

    [TestCaseSource(nameof(Kinds))]
    public async Task Broken_answer_is_none(string kind)
    {
        await using var server = new ScriptedServer(keepsOpen: false, Broken[kind]);
        using var rig = new OpaRig(server.Address);

        Assert.That(await rig.FailAsync(), Does.StartWith("the policy server"));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Question_that_a_connection_was_lost_over_is_not_sent_again()
    {
        await using var server = new ScriptedServer(keepsOpen: true, ScriptedServer.Answer(Allow), [], ScriptedServer.Answer(Allow));
        using var rig = new OpaRig(server.Address);
        Assert.That((await rig.AskAsync()).Allowed, Is.True);

        await rig.FailAsync();

        Assert.That(server.Requests, Is.EqualTo(2));
        Assert.That((await rig.AskAsync()).Allowed, Is.True);
    }

    [Test]
    public async Task Connection_that_was_closed_while_idle_is_replaced_before_a_question_is_sent()
    {
        await using var server = new ScriptedServer(keepsOpen: false, ScriptedServer.Answer(Allow));
        using var rig = new OpaRig(server.Address);
        Assert.That((await rig.AskAsync()).Allowed, Is.True);
        await Wait.UntilAsync(() => server.Closed == 1);

        Assert.That((await rig.AskAsync()).Allowed, Is.True);

        Assert.That((server.Requests, rig.Failures), Is.EqualTo((2, 0)));
    }

    private static byte[] Compressed()
    {
        using var body = new MemoryStream();
        using (var gzip = new GZipStream(body, CompressionMode.Compress))
        {
            gzip.Write(Encoding.ASCII.GetBytes(Allow));
        }

        var head = $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {body.ToArray().Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body.ToArray()];
    }
}
