using System;
using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One key and its value: ASCII text, or bytes when the key ends in <see cref="BinaryHeaderSuffix"/>.</summary>
    public class Entry
    {
        private static readonly SearchValues<char> KeyCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        /// <exception cref="ArgumentException">The key has an illegal character or lacks the binary suffix.</exception>
        public Entry(string key, byte[] valueBytes)
            : this(key, isBinary: true)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            _valueBytes = (byte[])valueBytes.Clone();
        }

        /// <exception cref="ArgumentException">The key has an illegal character or the binary suffix.</exception>
        public Entry(string key, string value)
            : this(key, isBinary: false)
        {
            ArgumentNullException.ThrowIfNull(value);
            _value = value;
        }

        private Entry(string key, bool isBinary)
        {
            ArgumentNullException.ThrowIfNull(key);
            Key = key.ToLowerInvariant();
            if (Key.AsSpan().ContainsAnyExcept(KeyCharacters))
                throw new ArgumentException(
                    "A metadata key consists of letters, digits, underscores, hyphens and dots.", nameof(key));
            IsBinary = Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);
            if (IsBinary != isBinary)
                throw new ArgumentException(
                    $"The key of a binary value, and no other, ends in '{BinaryHeaderSuffix}'.", nameof(key));
        }

        /// <summary>In lower case.</summary>
        public string Key { get; }

        public bool IsBinary { get; }

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value =>
            _value ?? throw new InvalidOperationException($"The metadata entry '{Key}' is binary and has no text.");

        /// <summary>A copy of the bytes; of a text entry, its text in ASCII.</summary>
        public byte[] ValueBytes => _valueBytes is null ? Encoding.ASCII.GetBytes(_value!) : (byte[])_valueBytes.Clone();

        public override string ToString() => IsBinary
            ? $"[Entry: key={Key}, valueBytes={Convert.ToHexString(_valueBytes!)}]"
            : $"[Entry: key={Key}, value={_value}]";

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);
    }
}
