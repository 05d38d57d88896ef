internal import Glibc

/// Wall-clock times as they appear in receipts and ledgers: UTC, ISO 8601, whole seconds.
public enum Timestamp {
  /// The time now, by the clock of this machine.
  public static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return text(secondsSince1970: Int(time.tv_sec))
  }

  /// "2026-11-23T06:42:07Z"; years 0 to 9999 (later and earlier times are clamped).
  package static func text(secondsSince1970 seconds: Int) -> String {
    let seconds = min(max(seconds, -62_167_219_200), 253_402_300_799)
    let day = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
    let (year, month, dayOfMonth) = civil(day)
    let rest = seconds - day * 86_400
    return
      "\(pad(year, 4))-\(pad(month, 2))-\(pad(dayOfMonth, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):"
      + "\(pad(rest % 60, 2))Z"
  }

  /// Whether a text of a peer has exactly this form; the date itself is not judged.
  package static func isCanonical(_ text: String) -> Bool {
    let pattern = Array("0000-00-00T00:00:00Z".utf8)
    let bytes = Array(text.utf8)
    return bytes.count == pattern.count
      && zip(bytes, pattern).allSatisfy { $1 == 48 ? (48...57).contains($0) : $0 == $1 }
  }

  /// Gregorian date of a day counted from 1970-01-01. Counts in 400-year eras of 146,097 days that begin on
  /// 1 March, so that the leap day comes last.
  private static func civil(_ day: Int) -> (Int, Int, Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
