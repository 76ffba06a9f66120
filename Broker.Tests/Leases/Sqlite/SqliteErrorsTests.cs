using Microsoft.Data.Sqlite;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Leases.Sqlite;

internal sealed class SqliteErrorsTests
{
    [TestCase(5, true, "another program has locked the file")]
    [TestCase(10, true, "the disk could not be read or written")]
    [TestCase(13, true, "the disk is full")]
    [TestCase(8, false, "the file may not be written")]
    [TestCase(11, false, "the file is damaged")]
    [TestCase(19, false, "an operation was refused")]
    public void Failure_is_told_by_its_result_code_alone(int code, bool transient, string meaning)
    {
        var told = SqliteErrors.From(new SqliteException("UNIQUE constraint failed: hunter2", code, code + 256));

        Assert.That(told.IsTransient, Is.EqualTo(transient));
        Assert.That(told.ToString(), Does.Contain(meaning).And.Contain($"result code {code + 256}").And.Not.Contain("hunter2"));
        Assert.That(told.Reason, Is.EqualTo("STORE_UNAVAILABLE"));
    }
}
