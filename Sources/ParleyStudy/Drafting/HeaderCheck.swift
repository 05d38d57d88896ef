import ParleyBase
import ParleyProgram

/// Whether the first line of a file looks like a row: what stands there would be written into a draft as names of columns.
///
/// Messages tell columns by their number, because what stands in the line may be of a person.
enum HeaderCheck {
  /// - Parameter columns: of the lines after the first.
  /// - Returns: nil where the line can hold names.
  static func problem(_ headers: [String], _ columns: [ColumnGuess]) -> (message: String, remedy: String)? {
    let measures = headers.indices.filter { isMeasure(headers[$0]) }
    // The first column may be the numbers of rows, which some programs write without a name.
    let unnamed = headers.indices.filter { $0 > 0 && headers[$0].isEmpty && columns[$0].values > 0 }
    let repeated = headers.indices.filter {
      !headers[$0].isEmpty && columns[$0].counts?[Array(headers[$0].utf8)] != nil
    }
    if let first = measures.first {
      return (
        "the first line seems to be a row and not the names of columns: field \(first + 1) is a number or a date"
          + more(measures),
        "put a line with the names of the columns before it; where these are names, begin them with a letter"
      )
    }
    // One word may be both a name and a value, as where a box that was ticked has the name of its column.
    if repeated.count * 2 > headers.count || repeated.count >= 2 && repeated.count * 2 == headers.count {
      return (
        "the first line seems to be a row and not the names of columns: what stands in field \(repeated[0] + 1) is there again in later lines"
          + more(repeated),
        "put a line with the names of the columns before it; where it has the names, remove the other lines that repeat them"
      )
    }
    if let first = unnamed.first {
      return (
        "the first line has no name for column \(first + 1), which has values" + more(unnamed),
        "give every column a name; if the line is a row already, put a line with the names before it"
      )
    }
    return nil
  }

  private static func more(_ fields: [Int]) -> String {
    fields.count > 1 ? " (and \(fields.count - 1) more of this kind)" : ""
  }

  /// A number, a date or a time.
  private static func isMeasure(_ header: String) -> Bool {
    guard !header.isEmpty else { return false }
    var guess = ColumnGuess()
    var bytes = Array(header.utf8)
    bytes.withUnsafeMutableBufferPointer { guess.add(UnsafeBufferPointer($0)) }
    // Words, and marks for no value, may be names: NA is sodium.
    guard guess.values > 0, guess.words?.isEmpty == true else { return false }
    return guess.numbers.values.contains { $0.fits } || !guess.dates.isEmpty || !guess.times.isEmpty
  }
}
