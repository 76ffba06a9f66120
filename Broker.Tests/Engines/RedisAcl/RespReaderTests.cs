using System.Text;
using SecretsBroker.Engines.RedisAcl;

namespace SecretsBroker.Tests.Engines.RedisAcl;

internal sealed class RespReaderTests
{
    [TestCase("+OK\r\n", RespKind.Text, "OK")]
    [TestCase("$5\r\na\r\nbc\r\n", RespKind.Text, "a\r\nbc")]
    [TestCase("$0\r\n\r\n", RespKind.Text, "")]
    [TestCase("$-1\r\n", RespKind.Nothing, "")]
    [TestCase("*-1\r\n", RespKind.Nothing, "")]
    [TestCase("-NOPERM this user\r\n", RespKind.Error, "NOPERM this user")]
    [TestCase("*2\r\n*1\r\n:1\r\n$1\r\na\r\n", RespKind.List, "")]
    public async Task Answer_is_read_however_it_is_cut_into_pieces(string bytes, RespKind kind, string text)
    {
        var reader = new RespReader(new ByteByByte(Encoding.UTF8.GetBytes(bytes + ":7\r\n")));

        Assert.That(await reader.ReadAsync(CancellationToken.None) with { Texts = null }, Is.EqualTo(new RespValue(kind, text)));
        Assert.That((await reader.ReadAsync(CancellationToken.None)).Number, Is.EqualTo(7), "what comes next");
    }

    [Test]
    public async Task Texts_of_a_list_are_kept()
    {
        var reader = new RespReader(new ByteByByte("*3\r\n$1\r\na\r\n*1\r\n$1\r\nx\r\n+b\r\n"u8.ToArray()));

        Assert.That((await reader.ReadAsync(CancellationToken.None)).Texts, Is.EqualTo(new[] { "a", "b" }));
    }

    [TestCase("HTTP/1.1 400 Bad Request\r\n")]
    [TestCase("\r\n")]
    [TestCase("$99999999999\r\n")]
    [TestCase("$-2\r\n")]
    [TestCase(":x\r\n")]
    [TestCase("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    [TestCase("$5\r\nab")]
    [TestCase("")]
    public async Task What_is_no_answer_ends_the_connection(string bytes)
    {
        var reader = new RespReader(new MemoryStream(Encoding.UTF8.GetBytes(bytes)));

        await Assert.CatchAsync<IOException>(() => reader.ReadAsync(CancellationToken.None));
    }

    [Test]
    public void Connections_are_told_apart_whatever_they_call_themselves()
    {
        const string Text = "id=3 addr=127.0.0.1:1 name=user=sb_x age=0 user=default\nid=4 name= user=sb_x resp=2\n";

        Assert.That(ClientList.Parse(Text), Is.EqualTo(
            (ClientConnection[])[new("3", "user=sb_x", "default"), new("4", "", "sb_x")]));
    }

    private sealed class ByteByByte(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }
}
