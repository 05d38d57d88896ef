import CZlib
import Foundation
import ParleyBase
import ParleyData
import ParleyProgram
import ParleyStudy
import Testing

@Suite struct GzipTests {
  private func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    #expect(
      deflateInit2_(
        &stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
    let count = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        #expect(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        return output.count - Int(stream.avail_out)
      }
    }
    return Array(output[..<count])
  }

  @Test func compressedFilesAreReadAsPlainOnes() throws {
    try Sample.withFolder { folder in
      let bytes = Array(Sample.csv.utf8)
      let whole = try compressed(bytes)
      let cut = bytes.count / 2
      let members = try compressed(Array(bytes[..<cut])) + compressed([]) + compressed(Array(bytes[cut...]))
      let files: [(String, [UInt8])] = [
        ("plain.csv", bytes), ("whole.csv.gz", whole), ("members.csv.gz", members), ("no-suffix.csv", whole),
        ("padded.csv.gz", whole + [0, 0, 0]),
      ]
      for (name, content) in files {
        let path = folder + "/" + name
        try Data(content).write(to: URL(fileURLWithPath: path))
        #expect(try Sample.load(path).data == Sample.data, "\(name)")
      }
    }
  }

  @Test func damageIsNamed() throws {
    try Sample.withFolder { folder in
      let whole = try compressed(Array(Sample.csv.utf8))
      var flipped = whole
      flipped[whole.count / 2] ^= 0x40
      var checksum = whole
      checksum[whole.count - 6] ^= 1
      let files: [(String, [UInt8], String)] = [
        ("flipped", flipped, "damaged"), ("checksum", checksum, "damaged"),
        ("short", Array(whole.dropLast(9)), "ends before its end"), ("empty", [], "is not compressed with gzip"),
        ("plain", Array(Sample.csv.utf8), "is not compressed with gzip"),
        ("garbage", whole + Array("more".utf8), "damaged"),
      ]
      for (name, content, says) in files {
        let path = "\(folder)/\(name).csv.gz"
        try Data(content).write(to: URL(fileURLWithPath: path))
        Sample.expectRefusal(path, "data/gzip", says)
      }
      Sample.expectRefusal(folder + "/none.csv.gz", "data/unreadable", "No such file")
    }
  }

  /// TPC-H's own files: no header, `|` after every field.
  @Test func tableFilesWithoutHeader() throws {
    try Sample.withFolder { folder in
      let path = folder + "/visits.tbl.gz"
      let text = "7|9.99|DELIVER IN PERSON|1996-03-13|note|true|x|\n8|0.04|NONE|2001-04-12|other|false|y z|\n"
      try Data(compressed(Array(text.utf8))).write(to: URL(fileURLWithPath: path))
      let data = try Sample.load(path) { table in
        table.dialect = CSVDialect(delimiter: .pipe, hasHeader: false, hasTrailingDelimiter: true)
        table.columns[3].header = "4"
        table.columns[4].header = "6"
        table.columns[5].header = "7"
        table.schema.columns[3].type = .date(0...20_000)
        // The study need not name every field.
        table.columns.removeLast()
        table.schema.columns.removeLast()
      }.data
      #expect(data.rowCount == 2)
      #expect(data.columns[1].values == [999, 4] && data.columns[2].texts == ["DELIVER IN PERSON", "NONE"])
      #expect(data.columns[3].values == [9568, 11424] && data.columns[4].values == [1, 0])
    }
  }

  /// Files of a few kilobytes that are gigabytes of lines without a row: they are left long before their end.
  @Test(arguments: ["\n", "\"\n\"\n", "x\n", ",,,,,,\n", "1,2\n"]) func linesWithoutARowEnd(line: String) throws {
    try Sample.withFolder { folder in
      let path = folder + "/bomb.csv.gz"
      let file = try #require(gzopen(path, "wb9"))
      var text = "id,cost,place,day,urgent,kind,at\n1,12.50,a,2020-02-29,true,x,\n"
      for _ in 0..<120 {
        text += String(repeating: line, count: 1000)
        _ = text.utf8.withContiguousStorageIfAvailable { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
        text = ""
      }
      // Behind it: what nobody may get to.
      let bad = "\"never closed"
      _ = bad.utf8.withContiguousStorageIfAvailable { gzwrite(file, $0.baseAddress, UInt32($0.count)) }
      #expect(gzclose(file) == Z_OK)
      for policy in [Study.BadRows.drop, .refuse] {
        var table = try Sample.table()
        (table.schema.maximumRows, table.badRows) = (10, policy)
        let error = #expect(throws: ParleyError.self) { try HolderData.load(path, table: table, holder: "a") }
        let text = error.map { "\($0.code.rawValue) \($0) \($0.message)" } ?? ""
        #expect(text.contains("was not read") && !text.contains("never closed"), "\(text)")
      }
    }
  }

  /// Blank lines and bad rows as a careless export has them do not count.
  @Test func someLinesWithoutARowAreRead() throws {
    try Sample.withFolder { folder in
      let path = folder + "/a.csv.gz"
      let blank = String(repeating: "\n", count: 50_000), bad = String(repeating: "x\n", count: 40_000)
      try Data(try compressed(Array((Sample.csv + blank + bad).utf8))).write(to: URL(fileURLWithPath: path))
      let read = try Sample.load(path) {
        $0.badRows = .drop
        $0.schema.maximumRows = 3
      }
      #expect(read.data.rowCount == 3 && read.report.rowsDropped == 40_000)
    }
  }

  /// A million rows pass through without the text ever being held.
  @Test(.timeLimit(.minutes(3))) func aMillionRowsAreStreamed() throws {
    try Sample.withFolder { folder in
      let path = folder + "/large.csv.gz"
      let file = try #require(gzopen(path, "wb1"))
      var text = "id,cost,place,day,urgent,kind,at\n"
      let count = 1_000_000
      for row in 0..<count {
        text += "\(row),\(row % 1000).\(row % 10),\"p\(row % 97)\",2020-01-0\(row % 9 + 1),1,x,\n"
        if text.utf8.count > 1 << 20 || row == count - 1 {
          let written = text.utf8.withContiguousStorageIfAvailable {
            gzwrite(file, $0.baseAddress, UInt32($0.count))
          }
          #expect(written.map(Int.init) == text.utf8.count)
          text = ""
        }
      }
      #expect(gzclose(file) == Z_OK)
      let data = try Sample.load(path).data
      #expect(data.rowCount == count)
      #expect(data.columns[0].values.reduce(0, +) == Int64(count) * Int64(count - 1) / 2)
      #expect(data.columns[2].texts[count - 1] == "p\((count - 1) % 97)")
    }
  }
}
