# Lists functions longer than a number of lines.  A report, not a rule: above 60 wants a reason.
use strict;
use warnings;

my ($limit, @files) = @ARGV;
for my $file (@files)
{
    open my $in, '<', $file or die "$file: $!\n";
    my ($name, $start);
    while (<$in>)
    {
        $name = $1 if /^([A-Za-z_]\w*)\s*\(/;
        $start = $. if /^\{/;
        if (/^\}/ && $start)
        {
            my $length = $. - $start - 1;
            print "note: $file:$start: ", $name // '?', " has $length lines\n" if $name && $length > $limit;
            ($name, $start) = ();
        }
    }
    close $in;
}
