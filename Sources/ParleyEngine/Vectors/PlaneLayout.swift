/// How `planes` bit planes of `count` elements lie in memory (one after the other, whole words) and on the wire
/// (one after the other, whole bytes), and how the words are cut into messages.
///
/// Chunks are ranges of memory words, so that a large plane is cut and small ones travel together, and sending
/// one chunk overlaps with computing the next.
package struct PlaneLayout {
  /// Planes, 0 or more.
  package let planes: Int
  /// Elements of each plane.
  package let count: Int

  /// The layout of `planes` planes of `count` elements.
  package init(planes: Int, count: Int) {
    self.planes = planes
    self.count = count
  }

  /// Words of a message: half a megabyte.
  package static let chunkWords = 1 << 16

  /// Words of 64 bits of a plane in memory.
  package var wordsPerPlane: Int { (count + 63) / 64 }
  /// Bytes of a plane in a message.
  package var bytesPerPlane: Int { (count + 7) / 8 }
  /// Words of all planes in memory.
  package var words: Int { planes * wordsPerPlane }

  /// A piece of one plane within a chunk.
  struct Segment {
    var plane: Int
    /// First word within the plane.
    var start: Int
    var words: Int
    var bytes: Int
    /// Whether the plane ends here, with bits past its end.
    var hasTail: Bool
  }

  /// Whether memory and wire are the same bytes.
  var isDense: Bool { bytesPerPlane == wordsPerPlane * 8 }

  func segments(_ chunk: Range<Int>) -> [Segment] {
    var list: [Segment] = []
    var at = chunk.lowerBound
    while at < chunk.upperBound {
      let plane = at / wordsPerPlane
      let start = at % wordsPerPlane
      let words = min(wordsPerPlane - start, chunk.upperBound - at)
      let isLast = start + words == wordsPerPlane
      list.append(
        Segment(
          plane: plane, start: start, words: words, bytes: isLast ? bytesPerPlane - start * 8 : words * 8,
          hasTail: isLast && count % 64 != 0))
      at += words
    }
    return list
  }

  /// Bytes of a chunk, a range of memory words, in a message.
  package func bytes(_ chunk: Range<Int>) -> Int {
    guard !isDense, !chunk.isEmpty else { return chunk.count * 8 }
    // Wire offset of a memory word: whole planes before it, then whole words.
    func offset(_ word: Int) -> Int { word / wordsPerPlane * bytesPerPlane + word % wordsPerPlane * 8 }
    return offset(chunk.upperBound) - offset(chunk.lowerBound)
  }

  /// Clears the bits past the end of every plane that ends within the chunk.
  package func maskTails(_ words: UnsafeMutablePointer<UInt64>, _ chunk: Range<Int>) {
    guard count % 64 != 0, !chunk.isEmpty else { return }
    let mask = (1 as UInt64) << UInt64(count % 64) &- 1
    var last = (chunk.lowerBound / wordsPerPlane + 1) * wordsPerPlane - 1
    while last < chunk.upperBound {
      words[last] &= mask
      last += wordsPerPlane
    }
  }

  /// Where each plane begins.
  package func starts(_ words: UnsafeMutablePointer<UInt64>) -> [UnsafeMutablePointer<UInt64>] {
    (0..<planes).map { words + $0 * wordsPerPlane }
  }

  /// Writes the chunk's part of `words` (the start of all planes) in wire form.
  package func pack(_ words: UnsafePointer<UInt64>, _ chunk: Range<Int>, to target: UnsafeMutableRawBufferPointer)
  {
    guard let base = target.baseAddress else { return }
    if isDense {
      base.copyMemory(from: words + chunk.lowerBound, byteCount: chunk.count * 8)
      return
    }
    var source = words + chunk.lowerBound
    var out = base
    if wordsPerPlane == 1 {
      for _ in chunk {
        out.copyMemory(from: source, byteCount: bytesPerPlane)
        source += 1
        out += bytesPerPlane
      }
      return
    }
    for segment in segments(chunk) {
      out.copyMemory(from: source, byteCount: segment.bytes)
      source += segment.words
      out += segment.bytes
    }
  }

  /// Spreads a chunk that was received to the start of its own words, in place, from the last plane to the first.
  ///
  /// - Returns: whether all bits past the ends of planes are zero, as every honest sender keeps them.
  package func unpack(_ words: UnsafeMutablePointer<UInt64>, _ chunk: Range<Int>) -> Bool {
    var excess: UInt64 = 0
    let mask: UInt64 = count % 64 == 0 ? 0 : ~((1 as UInt64) << UInt64(count % 64) &- 1)
    if isDense {
      // Nothing moves, but a plane of 57 to 63 elements more than whole words has a tail in its last byte too.
      guard mask != 0 else { return true }
      var last = (chunk.lowerBound / wordsPerPlane + 1) * wordsPerPlane - 1
      while last < chunk.upperBound {
        excess |= words[last] & mask
        last += wordsPerPlane
      }
      return excess == 0
    }
    let base = UnsafeMutableRawPointer(words + chunk.lowerBound)
    if wordsPerPlane == 1 {
      // A word is written only over bytes of its own plane and of later ones, which have been read.
      for plane in (0..<chunk.count).reversed() {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) {
          $0.copyMemory(from: UnsafeRawBufferPointer(start: base + plane * bytesPerPlane, count: bytesPerPlane))
        }
        excess |= word & mask
        (words + chunk.lowerBound)[plane] = word
      }
      return excess == 0
    }
    let list = segments(chunk)
    var from = bytes(chunk)
    var to = chunk.count * 8
    for segment in list.reversed() {
      from -= segment.bytes
      to -= segment.words * 8
      let target = base + to
      target.copyMemory(from: base + from, byteCount: segment.bytes)
      (target + segment.bytes).initializeMemory(
        as: UInt8.self, repeating: 0, count: segment.words * 8 - segment.bytes)
      if segment.hasTail {
        excess |= target.load(fromByteOffset: (segment.words - 1) * 8, as: UInt64.self) & mask
      }
    }
    return excess == 0
  }
}

/// `total` words cut into messages of `size`, in order; at least one message, which may be empty.
package func chunks(of total: Int, size: Int = PlaneLayout.chunkWords) -> [Range<Int>] {
  guard total > size else { return [0..<total] }
  return stride(from: 0, to: total, by: size).map { $0..<min($0 + size, total) }
}

/// Runs of a chunk of `chunk` words out of vectors of `length` words that lie one after the other: whole vectors
/// together, and the pieces at both ends.
package struct VectorRun {
  /// Vectors that the run touches.
  package var vectors: Range<Int>
  /// First word within the vector; 0 for more than one.
  package var start: Int
  /// Words of each vector.
  package var count: Int
  /// First word of all.
  package var first: Int
}

/// Cuts a chunk into runs, in order.
///
/// - Parameters:
///   - chunk: words out of all vectors, numbered through.
///   - length: words of each vector.
package func vectorRuns(_ chunk: Range<Int>, length: Int) -> [VectorRun] {
  var runs: [VectorRun] = []
  var at = chunk.lowerBound
  while at < chunk.upperBound {
    let (vector, start) = at.quotientAndRemainder(dividingBy: length)
    let whole = (chunk.upperBound - at) / length
    if start == 0 && whole > 0 {
      runs.append(VectorRun(vectors: vector..<vector + whole, start: 0, count: length, first: at))
      at += whole * length
    } else {
      let count = min(length - start, chunk.upperBound - at)
      runs.append(VectorRun(vectors: vector..<vector + 1, start: start, count: count, first: at))
      at += count
    }
  }
  return runs
}
