using Grpc.Core;

namespace SecretsBroker.Tests.Compat;

internal sealed class MetadataTests
{
    private static readonly byte[] Bytes = [0, 255, 65];

    [Test]
    public void Key_is_kept_in_lower_case() =>
        Assert.That(new Metadata.Entry("Some-Key_1.x", "v").Key, Is.EqualTo("some-key_1.x"));

    [TestCase("a b")]
    [TestCase("ä")]
    [TestCase("a:b")]
    [TestCase("K\n")]
    public void Key_with_an_illegal_character_is_refused(string key) =>
        Assert.That(() => new Metadata.Entry(key, "v"), Throws.ArgumentException);

    [Test]
    public void Only_a_key_with_the_binary_suffix_takes_bytes()
    {
        Assert.That(() => new Metadata.Entry("key", Bytes), Throws.ArgumentException);
        Assert.That(() => new Metadata.Entry("key-bin", "text"), Throws.ArgumentException);
        Assert.That(new Metadata.Entry("KEY-BIN", Bytes).IsBinary, Is.True);
        Assert.That(new Metadata.Entry("key", "text").IsBinary, Is.False);
    }

    [Test]
    public void Nothing_may_be_null()
    {
        Assert.That(() => new Metadata.Entry(null!, "v"), Throws.ArgumentNullException);
        Assert.That(() => new Metadata.Entry("key", (string)null!), Throws.ArgumentNullException);
        Assert.That(() => new Metadata.Entry("key-bin", (byte[])null!), Throws.ArgumentNullException);
        Assert.That(() => new Metadata().Add(null!), Throws.ArgumentNullException);
    }

    [Test]
    public void Bytes_are_copied_in_and_out()
    {
        byte[] given = [1, 2];
        var entry = new Metadata.Entry("key-bin", given);
        given[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.That(entry.ValueBytes, Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public void Text_can_be_read_as_bytes_but_bytes_not_as_text()
    {
        var binary = new Metadata.Entry("key-bin", "AB"u8.ToArray());

        Assert.That(new Metadata.Entry("key", "AB").ValueBytes, Is.EqualTo("AB"u8.ToArray()));
        Assert.That(() => binary.Value, Throws.InvalidOperationException);
    }

    [Test]
    public void Last_entry_of_a_key_counts()
    {
        var metadata = new Metadata { { "key", "1" }, { "other", "2" }, { "Key", "3" }, { "raw-bin", Bytes } };

        Assert.That(metadata.Get("KEY")!.Value, Is.EqualTo("3"));
        Assert.That(metadata.GetValue("key"), Is.EqualTo("3"));
        Assert.That(metadata.GetAll("key").Select(entry => entry.Value), Is.EqualTo(new[] { "1", "3" }));
        Assert.That(metadata.GetValueBytes("raw-bin"), Is.EqualTo(Bytes));
        Assert.That(metadata.GetValueBytes("other"), Is.EqualTo("2"u8.ToArray()));
        Assert.That(() => metadata.GetValue("raw-bin"), Throws.InvalidOperationException);
    }

    [Test]
    public void Missing_key_is_null()
    {
        var metadata = new Metadata();

        Assert.That(metadata.Get("key"), Is.Null);
        Assert.That(metadata.GetValue("key"), Is.Null);
        Assert.That(metadata.GetValueBytes("key-bin"), Is.Null);
        Assert.That(metadata.GetAll("key"), Is.Empty);
    }

    [Test]
    public void Is_a_list()
    {
        var b = new Metadata.Entry("b", "2");
        var metadata = new Metadata { { "a", "1" }, { "c", "3" } };
        metadata.Insert(1, b);
        metadata[0] = new Metadata.Entry("z", "0");

        Assert.That(metadata.Select(entry => entry.Key), Is.EqualTo(new[] { "z", "b", "c" }));
        Assert.That(metadata.IndexOf(b), Is.EqualTo(1));
        Assert.That(metadata.Remove(b), Is.True);
        Assert.That(metadata.Contains(b), Is.False);
        metadata.RemoveAt(0);
        Assert.That(metadata.Single().Key, Is.EqualTo("c"));
        metadata.Clear();
        Assert.That(metadata, Is.Empty);
        Assert.That(metadata.IsReadOnly, Is.False);
    }

    [Test]
    public void Empty_cannot_be_changed()
    {
        Assert.That(Metadata.Empty.IsReadOnly, Is.True);
        Assert.That(() => Metadata.Empty.Add("key", "v"), Throws.InvalidOperationException);
        Assert.That(Metadata.Empty.Clear, Throws.InvalidOperationException);
        Assert.That(Metadata.Empty, Is.Empty);
    }
}
